/** Groups that a database is made in: of subnets, of parameters. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, Refused, type World } from "../core/kind.ts";
import { textsAt } from "../core/paths.ts";
import { t } from "./types.ts";
import { arn, given } from "./words.ts";

/** Names of RDS. */
export const lowerName = {
  pattern: /^[a-z](?!.*--)[a-z0-9-]*(?<!-)$/,
  says: "lower-case letters, digits and -, a letter first, no -- and no - at the end",
};

/** @throws Refused when a group of subnets covers fewer than two zones, or more than one VPC */
export function requireZones(world: World, inputs: PlainBag, code: string): void {
  const subnets = textsAt(inputs, "subnetIds[]").map((id) => world.store.find(t.subnet, id));
  if (new Set(subnets.map((found) => found?.outputs.availabilityZone)).size < 2)
    throw new Refused(
      `${code}: The subnet group doesn't meet Availability Zone (AZ) coverage requirement. It must cover at least 2 AZs`,
    );
  if (new Set(subnets.map((found) => found?.inputs.vpcId)).size > 1)
    throw new Refused("InvalidSubnet: The subnets must all be in one VPC");
}

const subnetGroup: Kind = {
  inputs: {
    name: {
      pattern: /^[a-z0-9 ._-]+$/,
      says: "lower-case letters, digits, spaces and ._-",
      range: [1, 255],
      replaces: true,
    },
    "subnetIds[]": { refers: { to: t.subnet } },
    description: { default: "Managed by Pulumi" },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 255, lower: true },
    taken: "DBSubnetGroupAlreadyExists",
  },
  id: (making) => given(making, "name"),
  admit: ({ world, inputs }) => requireZones(world, inputs, "DBSubnetGroupDoesNotCoverEnoughAZs"),
  outputs: {
    arn: ({ world, id }) => arn(world, "rds", `subgrp:${id}`),
    vpcId: ({ world, inputs }) =>
      world.store.find(t.subnet, textsAt(inputs, "subnetIds[]")[0] ?? "")?.inputs.vpcId,
    supportedNetworkTypes: () => ["IPV4"],
  },
};

const parameterGroup: Kind = {
  inputs: {
    name: { ...lowerName, range: [1, 255], replaces: true },
    family: { pattern: /^postgres1[3-8]$/, says: "postgres13 to postgres18", replaces: true },
    description: { default: "Managed by Pulumi", replaces: true },
    "parameters[].applyMethod": { options: ["immediate", "pending-reboot"] },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 255, lower: true },
    taken: "DBParameterGroupAlreadyExists",
  },
  id: (making) => given(making, "name"),
  outputs: { arn: ({ world, id }) => arn(world, "rds", `pg:${id}`) },
};

export const rdsGroups: Readonly<Record<string, Kind>> = {
  [t.dbSubnetGroup]: subnetGroup,
  [t.dbParameterGroup]: parameterGroup,
};
