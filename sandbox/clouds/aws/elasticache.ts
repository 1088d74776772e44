/** ElastiCache for Valkey: a real TLS server with the users of its group. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import type { RedisUser } from "../core/backend.ts";
import { type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { bring } from "../core/operations.ts";
import { textOf, textsAt, valuesAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { keyRef } from "./keys.ts";
import { requireZones } from "./rds.ts";
import { shortRegion } from "./regions.ts";
import { groups } from "./securityGroups.ts";
import { own, t } from "./types.ts";
import { arn, dnsSuffixOf, freshId, given, hostPart } from "./words.ts";

const id40 = {
  pattern: /^[a-z](?!.*--)[a-z0-9-]*(?<!-)$/,
  says: "lower-case letters, digits and -, a letter first, no -- and no - at the end",
  range: [1, 40],
  replaces: true,
} as const;
const engine = { options: ["valkey", "redis"] } as const;
const password = {
  range: [16, 128],
  pattern: /^[^@"/ ]+$/,
  says: 'without @ " / and spaces',
  secret: true,
} as const;

/** Ids of the users in a group: those it was made with, and those that were associated. */
function membersOf(world: World, group: string, instead?: readonly string[]): readonly string[] {
  const listed = instead ?? textsAt(world.store.find(t.cacheUserGroup, group)?.inputs ?? {}, "userIds[]");
  const joined = world.store
    .living([t.cacheUserGroupAssociation])
    .filter(({ inputs }) => inputs.userGroupId === group)
    .map(({ inputs }) => textOf(inputs, "userId"));
  return [...new Set([...listed, ...joined])];
}

type Change = {
  readonly users?: ReadonlyMap<string, PlainBag>;
  readonly groups?: ReadonlyMap<string, readonly string[]>;
};

function usersOf(world: World, group: string, change: Change): RedisUser[] {
  return membersOf(world, group, change.groups?.get(group)).flatMap((id) => {
    const inputs = change.users?.get(id) ?? world.store.find(t.cacheUser, id)?.inputs;
    return inputs === undefined
      ? []
      : [
          {
            name: textOf(inputs, "userName"),
            passwords: [
              ...textsAt(inputs, "passwords[]"),
              ...textsAt(inputs, "authenticationMode.passwords[]"),
            ],
            access: textOf(inputs, "accessString"),
          },
        ];
  });
}

/** Tells the servers of a group who may enter now. */
async function spread(world: World, group: string, change: Change = {}): Promise<void> {
  for (const record of world.store.living([t.replicationGroup])) {
    if (!textsAt(record.inputs, "userGroupIds[]").includes(group)) continue;
    await serve(world, record, change);
  }
}

async function serve(
  world: World,
  { id, inputs, outputs }: Pick<CloudRecord, "id" | "inputs" | "outputs">,
  change: Change = {},
): Promise<void> {
  const parameters =
    world.store.find(t.cacheParameterGroup, textOf(inputs, "parameterGroupName"))?.inputs ?? {};
  const policy = valuesAt(parameters, "parameters[]").flatMap(({ value }) =>
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    value.name === "maxmemory-policy" &&
    typeof value.value === "string"
      ? [value.value]
      : [],
  )[0];
  const token = textOf(inputs, "authToken");
  await world.backend.redis.ensure({
    id,
    host: textOf(outputs, "primaryEndpointAddress"),
    names: [textOf(outputs, "readerEndpointAddress")],
    port: Number(outputs.port),
    users: textsAt(inputs, "userGroupIds[]").flatMap((group) => usersOf(world, group, change)),
    policy: policy ?? "volatile-lru",
    ...(token === "" ? {} : { password: token }),
  });
}

const user: Kind = {
  inputs: {
    userId: id40,
    userName: { range: [1, 120], replaces: true },
    engine,
    accessString: { pattern: /^(on|off)( |$)/, says: 'an access string, which begins with "on" or "off"' },
    "authenticationMode.type": { options: ["password", "no-password-required", "iam"] },
    "authenticationMode.passwords[]": password,
    authenticationMode: { secret: true },
    passwords: { secret: true },
    "passwords[]": password,
  },
  naming: { property: "userId", scope: "region", taken: "UserAlreadyExists" },
  refuse: (inputs) => {
    const words = given({ inputs }, "accessString").split(" ");
    const silent =
      words.some((word) => word.startsWith("+")) &&
      !words.some((word) => word === "-@all" || word === "+@all");
    return silent
      ? ['"accessString" must say -@all before what it allows: without it, it is never what the API answers']
      : [];
  },
  id: (making) => given(making, "userId"),
  outputs: {
    arn: ({ world, id }) => arn(world, "elasticache", `user:${id}`),
    "authenticationMode.passwordCount": ({ inputs }) =>
      textsAt(inputs, "authenticationMode.passwords[]").length,
  },
  behind: async ({ world, id, inputs, old }) => {
    if (old === undefined) return undefined;
    for (const group of world.store.living([t.cacheUserGroup]))
      if (membersOf(world, group.id).includes(id))
        await spread(world, group.id, { users: new Map([[id, inputs]]) });
    return undefined;
  },
};

function admitted(world: World, group: { engine: unknown; id: string }, users: readonly string[]): void {
  for (const id of users) {
    const found = world.store.find(t.cacheUser, id)?.inputs ?? {};
    const open =
      found.noPasswordRequired === true ||
      textsAt(found, "authenticationMode.type").includes("no-password-required");
    if (group.engine === "valkey" && open)
      throw new Refused(
        `InvalidParameterCombination: user ${id} needs a password to be in a user group of valkey`,
      );
    if (group.engine === "valkey" && found.engine === "redis" && found.userName === "default")
      throw new Refused(
        `InvalidParameterCombination: user ${id} of redis cannot be in a user group of valkey`,
      );
  }
  const names = users.map((id) => world.store.find(t.cacheUser, id)?.inputs.userName);
  if (new Set(names).size < names.length)
    throw new Refused(`DuplicateUserName: user group ${group.id} has two users of one name`);
  if (users.length > 100) throw new Refused("UserQuotaExceeded: a user group takes 100 users");
}

const userGroup: Kind = {
  inputs: { userGroupId: id40, engine, "userIds[]": { refers: { to: t.cacheUser } } },
  naming: { property: "userGroupId", scope: "region", taken: "UserGroupAlreadyExists" },
  id: (making) => given(making, "userGroupId"),
  admit: ({ world, id, inputs }) => {
    const users = membersOf(world, id, textsAt(inputs, "userIds[]"));
    admitted(world, { engine: inputs.engine, id }, users);
    const named = users.map((found) => world.store.find(t.cacheUser, found)?.inputs.userName);
    if (inputs.engine === "redis" && !named.includes("default"))
      throw new Refused("DefaultUserRequired: a user group of redis needs a user named default");
  },
  outputs: { arn: ({ world, id }) => arn(world, "elasticache", `usergroup:${id}`) },
  behind: async ({ world, id, inputs, old }) => {
    if (old !== undefined) await spread(world, id, { groups: new Map([[id, textsAt(inputs, "userIds[]")]]) });
    return undefined;
  },
};

const userGroupAssociation: Kind = {
  inputs: {
    userGroupId: { refers: { to: t.cacheUserGroup, atDelete: "cascade" }, replaces: true },
    userId: { refers: { to: t.cacheUser }, replaces: true },
  },
  taken: "InvalidParameterValue: the user is in the group already",
  id: ({ inputs }) => `${given({ inputs }, "userGroupId")},${given({ inputs }, "userId")}`,
  admit: ({ world, inputs }) => {
    const id = given({ inputs }, "userGroupId");
    const group = world.store.find(t.cacheUserGroup, id);
    admitted(world, { engine: group?.inputs.engine, id }, [
      ...membersOf(world, id),
      given({ inputs }, "userId"),
    ]);
  },
  behind: async ({ world, inputs }) => {
    const group = given({ inputs }, "userGroupId");
    await spread(world, group, {
      groups: new Map([[group, [...membersOf(world, group), given({ inputs }, "userId")]]]),
    });
    return undefined;
  },
  remove: async ({ world, record }) => {
    const group = textOf(record.inputs, "userGroupId");
    world.store.remove(record.type, record.id);
    await spread(world, group);
  },
};

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
    await world.backend.redis.remove(record.id);
  },
};

export const elasticache: Readonly<Record<string, Kind>> = {
  [t.replicationGroup]: replicationGroup,
  [t.cacheUser]: user,
  [t.cacheUserGroup]: userGroup,
  [t.cacheUserGroupAssociation]: userGroupAssociation,
  [t.cacheParameterGroup]: parameterGroup,
  [t.cacheSubnetGroup]: subnetGroup,
  [own.cacheSnapshot]: { id: () => freshId("snap"), internal: true },
};
