/** Functions of the provider: who asks, and where. */
import type { CloudFunction } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { lookups } from "./lookups.ts";
import { zonesOf } from "./regions.ts";
import { dnsSuffixOf, partitionOf } from "./words.ts";

/** The role that everyone in the sandbox has. */
export const callerRole = "portolan";

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
  arn: `arn:${partitionOf(world.region)}:sts::${world.account}:assumed-role/${callerRole}/sandbox`,
  userId: "AROASANDBOXSANDBOX00:sandbox",
});

const getSessionContext: CloudFunction = (args) => {
  const arn = textOf(args, "arn");
  const [, partition, account, role, session] =
    /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  const issuerArn = role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
  const issuerName = issuerArn.split("/").at(-1) ?? "";
  return {
    ...args,
    id: arn,
    issuerArn,
    issuerName,
    issuerId: "AROASANDBOXSANDBOX00",
    sessionName: session ?? "",
  };
};

/** Of Elastic Load Balancing in each region; the real ids are constants, these are only like them. */
const getHostedZoneId: CloudFunction = (args, { region }) => ({
  ...args,
  id: `Z${digest(13, "elb", textOf(args, "loadBalancerType"), region).toUpperCase()}`,
  region,
});

export const functions: Readonly<Record<string, CloudFunction>> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
  "aws:index/getPartition:getPartition": getPartition,
  "aws:index/getRegion:getRegion": getRegion,
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
  "aws:iam/getSessionContext:getSessionContext": getSessionContext,
  "aws:lb/getHostedZoneId:getHostedZoneId": getHostedZoneId,
  ...lookups,
};
