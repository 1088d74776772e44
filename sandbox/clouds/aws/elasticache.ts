/** ElastiCache for Valkey: a real TLS server with the users of its group. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { bring } from "../core/operations.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { cacheUsers, engine, id40, password, serve, stopServing } from "./cacheUsers.ts";
import { keyRef } from "./keys.ts";
import { requireZones } from "./rdsGroups.ts";
import { shortRegion } from "./regions.ts";
import { groups } from "./securityGroups.ts";
import { own, t } from "./types.ts";
import { arn, dnsSuffixOf, freshId, given, hostPart } from "./words.ts";

const parameterGroup: Kind = {
  inputs: {
    name: {
      pattern: /^[a-z](?!.*--)[a-z0-9-]*(?<!-)$/,
      says: "lower-case letters, digits and -, a letter first",
      range: [1, 255],
      replaces: true,
    },
    family: { options: ["valkey7", "valkey8", "valkey9", "redis7", "redis6.x"], replaces: true },
    description: { default: "Managed by Pulumi", replaces: true },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 255, lower: true },
    taken: "CacheParameterGroupAlreadyExists",
  },
  id: (making) => given(making, "name"),
  outputs: { arn: ({ world, id }) => arn(world, "elasticache", `parametergroup:${id}`) },
};

const subnetGroup: Kind = {
  inputs: {
    name: {
      pattern: /^[a-z0-9-]+$/,
      says: "lower-case letters, digits and -",
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
    taken: "CacheSubnetGroupAlreadyExists",
  },
  id: (making) => given(making, "name"),
  admit: ({ world, inputs }) => requireZones(world, inputs, "InvalidSubnet"),
  outputs: {
    arn: ({ world, id }) => arn(world, "elasticache", `subnetgroup:${id}`),
    vpcId: ({ world, inputs }) =>
      world.store.find(t.subnet, textsAt(inputs, "subnetIds[]")[0] ?? "")?.inputs.vpcId,
  },
};

function refuse(inputs: PlainBag): readonly string[] {
  const nodes = Number(inputs.numCacheClusters ?? 1);
  const users = textsAt(inputs, "userGroupIds[]").length;
  return [
    ...(inputs.automaticFailoverEnabled === true && nodes < 2
      ? ['"automaticFailoverEnabled" needs "numCacheClusters" of 2 or more']
      : []),
    ...(inputs.multiAzEnabled === true && inputs.automaticFailoverEnabled !== true
      ? ['"multiAzEnabled" needs "automaticFailoverEnabled"']
      : []),
    ...(users > 0 && inputs.authToken !== undefined
      ? ['"userGroupIds" and "authToken" exclude each other']
      : []),
    ...(inputs.transitEncryptionEnabled !== true &&
    (users > 0 || inputs.authToken !== undefined || inputs.transitEncryptionMode !== undefined)
      ? ['"transitEncryptionEnabled" must be true with user groups, a token or "transitEncryptionMode"']
      : []),
    ...(inputs.kmsKeyId !== undefined && inputs.atRestEncryptionEnabled !== true
      ? ['"kmsKeyId" needs "atRestEncryptionEnabled"']
      : []),
    ...(inputs.clusterMode === "enabled" ? ['"clusterMode" enabled is not simulated: one shard only'] : []),
    ...(inputs.description === undefined ? ['"description" is needed'] : []),
  ];
}

const host = ({ world, id }: Making, role: string): string =>
  `${role}.${id}.${hostPart(world).slice(1, 7)}.${shortRegion(world.region)}.cache.${dnsSuffixOf(world.region)}`;

const replicationGroup: Kind = {
  inputs: {
    replicationGroupId: id40,
    engine: { ...engine, default: "redis" },
    engineVersion: { pattern: /^(7|8|9)\.\d(\.\d+)?$/, says: "7.2, 8.0 and the like" },
    nodeType: { pattern: /^cache\.[a-z0-9-]+\.[a-z0-9]+$/, says: "like cache.t4g.micro", required: true },
    numCacheClusters: { default: 1, range: [1, 6] },
    clusterMode: { options: ["enabled", "disabled", "compatible"], default: "disabled", replaces: true },
    transitEncryptionMode: { options: ["preferred", "required"] },
    transitEncryptionEnabled: { default: false },
    atRestEncryptionEnabled: { default: false, replaces: true },
    kmsKeyId: { refers: { ...keyRef.refers, by: ["arn"] }, replaces: true },
    "userGroupIds[]": { refers: { to: t.cacheUserGroup } },
    userGroupIds: { range: [0, 1] },
    authToken: password,
    parameterGroupName: { refers: { to: t.cacheParameterGroup, unless: /^default\./ } },
    subnetGroupName: { refers: { to: t.cacheSubnetGroup }, replaces: true },
    "securityGroupIds[]": groups,
    port: { default: 6379, range: [1, 65535], replaces: true },
    snapshotRetentionLimit: { default: 0, range: [0, 35] },
    finalSnapshotIdentifier: { range: [1, 255] },
    networkType: { options: ["ipv4", "ipv6", "dual_stack"] },
  },
  naming: {
    property: "replicationGroupId",
    scope: "region",
    auto: { limit: 40, lower: true },
    taken: "ReplicationGroupAlreadyExists",
  },
  refuse,
  id: (making) => given(making, "replicationGroupId"),
  admit: ({ world, inputs }) => {
    const group = world.store.find(t.cacheParameterGroup, given({ inputs }, "parameterGroupName"));
    const family = `${given({ inputs }, "engine")}${given({ inputs }, "engineVersion").split(".")[0]}`;
    if (group !== undefined && group.inputs.family !== family)
      throw new Refused(
        `InvalidParameterCombination: Expected a parameter group of family ${family} but found one of family ${String(group.inputs.family)}`,
      );
    for (const id of textsAt(inputs, "userGroupIds[]")) {
      if (
        given({ inputs }, "engine") === "redis" &&
        world.store.find(t.cacheUserGroup, id)?.inputs.engine === "valkey"
      )
        throw new Refused(
          `InvalidParameterCombination: user group ${id} of valkey cannot be used with redis`,
        );
    }
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "elasticache", `replicationgroup:${id}`),
    primaryEndpointAddress: (making) => host(making, "master"),
    readerEndpointAddress: (making) => host(making, "replica"),
    memberClusters: ({ id, outputs }) =>
      Array.from({ length: Number(outputs.numCacheClusters) }, (_, at) => `${id}-00${at + 1}`),
    engineVersionActual: ({ inputs }) => `${given({ inputs }, "engineVersion") || "7.1"}.0`,
    clusterEnabled: () => false,
    numNodeGroups: () => 1,
    replicasPerNodeGroup: ({ outputs }) => Number(outputs.numCacheClusters) - 1,
  },
  behind: async ({ world, id, inputs, outputs }) => {
    await serve(world, { id, inputs, outputs });
    return undefined;
  },
  release: ({ world, record }) => {
    const name = textOf(record.inputs, "finalSnapshotIdentifier");
    if (name !== "" && world.store.find(own.cacheSnapshot, name) !== undefined)
      throw new Refused(`SnapshotAlreadyExistsFault: A snapshot with the name ${name} already exists`);
  },
  remove: async ({ world, record }) => {
    const name = textOf(record.inputs, "finalSnapshotIdentifier");
    if (name !== "") bring(world, own.cacheSnapshot, name, { replicationGroupId: record.id }, {});
    await stopServing(world, record.id);
  },
};

export const elasticache: Readonly<Record<string, Kind>> = {
  [t.replicationGroup]: replicationGroup,
  ...cacheUsers,
  [t.cacheParameterGroup]: parameterGroup,
  [t.cacheSubnetGroup]: subnetGroup,
  [own.cacheSnapshot]: { id: () => freshId("snap"), internal: true },
};
