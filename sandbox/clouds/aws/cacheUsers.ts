/** Users of ElastiCache, their groups, and the servers that let them in. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import type { RedisUser } from "../core/backend.ts";
import { type Kind, Refused, type World } from "../core/kind.ts";
import { textOf, textsAt, valuesAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { quota, withinQuota } from "./quotas.ts";
import { t } from "./types.ts";
import { arn, given } from "./words.ts";

/** Ids of ElastiCache. */
export const id40 = {
  pattern: /^[a-z](?!.*--)[a-z0-9-]*(?<!-)$/,
  says: "lower-case letters, digits and -, a letter first, no -- and no - at the end",
  range: [1, 40],
  replaces: true,
} as const;
export const engine = { options: ["valkey", "redis"] } as const;
/** Passwords and tokens. */
export const password = {
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
    await inTurn(record.id, async () => {
      if (!leaving.has(record.id)) await settle(world, record, change);
    });
  }
}

/** The last turn at each server: two changes at once would each undo the other's users. */
const turns = new Map<string, Promise<void>>();
/** Servers that go: a change of their users would bring them back. */
const leaving = new Set<string>();

function inTurn(id: string, work: () => Promise<void>): Promise<void> {
  const turn = (turns.get(id) ?? Promise.resolve()).catch(() => undefined).then(work);
  turns.set(id, turn);
  return turn;
}

/** Makes a server what its records say, after whoever came before. */
export function serve(world: World, record: Pick<CloudRecord, "id" | "inputs" | "outputs">): Promise<void> {
  leaving.delete(record.id);
  return inTurn(record.id, () => settle(world, record, {}));
}

/** Removes a server, after whoever came before and for good. */
export function stopServing(world: World, id: string): Promise<void> {
  leaving.add(id);
  return inTurn(id, () => world.backend.redis.remove(id));
}

/** As the records say, with a change that is not recorded yet. */
async function settle(
  world: World,
  { id, inputs, outputs }: Pick<CloudRecord, "id" | "inputs" | "outputs">,
  change: Change,
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
  withinQuota(world, quota.usersOfAGroup, users.length, `users in the user group ${group.id}`);
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

export const cacheUsers: Readonly<Record<string, Kind>> = {
  [t.cacheUser]: user,
  [t.cacheUserGroup]: userGroup,
  [t.cacheUserGroupAssociation]: userGroupAssociation,
};
