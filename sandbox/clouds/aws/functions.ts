/** Functions of the provider: look-ups of what is there. */
import type { CloudFunction } from "../core/kind.ts";
import { textsAt } from "../core/paths.ts";
import { zonesOf } from "./regions.ts";
import { dnsSuffixOf, partitionOf } from "./words.ts";

const getAvailabilityZones: CloudFunction = (args, { region }) => {
  const excluded = new Set([...textsAt(args, "excludeZoneIds[]"), ...textsAt(args, "excludeNames[]")]);
  const zones = zonesOf(region).filter(({ id, name }) => !excluded.has(id) && !excluded.has(name));
  return {
    ...args,
    id: region,
    region,
    names: zones.map(({ name }) => name),
    zoneIds: zones.map(({ id }) => id),
    groupNames: [`${region}-zg-1`],
  };
};

const getPartition: CloudFunction = (_args, { region }) => ({
  id: partitionOf(region),
  partition: partitionOf(region),
  dnsSuffix: dnsSuffixOf(region),
  reverseDnsPrefix: dnsSuffixOf(region).split(".").toReversed().join("."),
  region,
});

const getRegion: CloudFunction = (args, { region }) => ({
  ...args,
  id: region,
  region,
  name: region,
  endpoint: `ec2.${region}.${dnsSuffixOf(region)}`,
  description: region,
});

const getCallerIdentity: CloudFunction = (_args, world) => ({
  id: world.account,
  accountId: world.account,
  arn: `arn:${partitionOf(world.region)}:sts::${world.account}:assumed-role/portolan/sandbox`,
  userId: "AROASANDBOXSANDBOX00:sandbox",
});

export const functions: Readonly<Record<string, CloudFunction>> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
  "aws:index/getPartition:getPartition": getPartition,
  "aws:index/getRegion:getRegion": getRegion,
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
};
