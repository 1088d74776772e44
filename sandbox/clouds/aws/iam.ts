/** Roles and what they may do. */
import { type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { bucketsOf, wrongDocument } from "./documents.ts";
import { letReaders } from "./tokens.ts";
import { t } from "./types.ts";
import { arn, given, time } from "./words.ts";

/** Policies that AWS brings: those this program and its add-ons have a use for. */
const managed: ReadonlySet<string> = new Set([
  "AmazonEKSClusterPolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AmazonEKSNetworkingPolicy",
  "AmazonEKSVPCResourceController",
  "AmazonEKSWorkerNodePolicy",
  "AmazonEKSWorkerNodeMinimalPolicy",
  "AmazonEKS_CNI_Policy",
  "AmazonEC2ContainerRegistryPullOnly",
  "AmazonEC2ContainerRegistryReadOnly",
  "AmazonSSMManagedInstanceCore",
  "AmazonS3FullAccess",
  "AmazonS3ReadOnlyAccess",
  "CloudWatchAgentServerPolicy",
  "ReadOnlyAccess",
  "service-role/AmazonEBSCSIDriverPolicy",
  "service-role/AmazonEFSCSIDriverPolicy",
  "service-role/AmazonRDSEnhancedMonitoringRole",
]);

function all(...actions: readonly string[]): string {
  const statement = { Effect: "Allow", Action: actions, Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
/** What of AWS's own policies opens buckets: that of each alone. */
const openings: ReadonlyMap<string, string> = new Map([
  ["AmazonS3FullAccess", all("s3:*")],
  ["AmazonS3ReadOnlyAccess", all("s3:Get*", "s3:List*")],
  ["ReadOnlyAccess", all("s3:Get*", "s3:List*")],
]);

const name = {
  pattern: /^[\w+=,.@-]+$/,
  says: "letters, digits and +=,.@-_",
  range: [1, 64],
  replaces: true,
} as const;
/** A role by its name, which is its id. */
const toRole = { refers: { to: t.role }, replaces: true } as const;

const role: Kind = {
  everywhere: true,
  inputs: {
    name,
    path: { default: "/", pattern: /^\/([\w+=,.@-]+\/)*$/, says: "like /teams/x/", replaces: true },
    assumeRolePolicy: { range: [1, 2048] },
    description: { range: [0, 1000] },
    maxSessionDuration: { default: 3600, range: [3600, 43200] },
    forceDetachPolicies: { default: false },
  },
  naming: {
    property: "name",
    scope: "account",
    auto: { limit: 64 },
    taken: "EntityAlreadyExists: Role already exists",
  },
  refuse: (inputs) => wrongDocument(given({ inputs }, "assumeRolePolicy"), "trust", "assumeRolePolicy"),
  id: (making) => given(making, "name"),
  // IAM is known everywhere only after seconds.
  settles: 150,
  behind: async ({ world, id, inputs }) => {
    await letReaders(world, { id, inputs }, policiesOf(world, id));
    return undefined;
  },
  remove: ({ world, record }) => world.backend.secrets.refuse(`role:${record.id}`),
  outputs: {
    arn: ({ world, id, inputs }) => arn(world, "iam", `role${given({ inputs }, "path")}${id}`, "account"),
    uniqueId: ({ id, created }) => `AROA${digest(17, id, String(created)).toUpperCase()}`,
    createDate: ({ created }) => time(created),
  },
};

/** A policy, or an attachment of one, under change: its record may say what it was. No `text` where it goes. */
type Change = { readonly id: string; readonly text?: string };

/** Texts of a role's policies, its own and those attached to it. */
function policiesOf(world: World, roleName: string, change?: Change): readonly string[] {
  const held = (type: string) => world.store.living([type]).filter(({ inputs }) => inputs.role === roleName);
  const textNow = ({ id, inputs }: CloudRecord) =>
    id === change?.id ? (change.text ?? []) : textOf(inputs, "policy");
  const attached = held(t.rolePolicyAttachment)
    .filter(({ id }) => id !== change?.id)
    .map(({ inputs }) => textOf(inputs, "policyArn"));
  return [
    ...held(t.rolePolicy).flatMap(textNow),
    ...attached.flatMap((found) => openings.get(awsPolicy(found) ?? "") ?? []),
    ...world.store
      .living([t.policy])
      .filter(({ id }) => attached.includes(id))
      .flatMap(textNow),
  ];
}

/** The name of a policy that AWS brings; undefined for one of the account's. */
function awsPolicy(policyArn: string): string | undefined {
  return /^arn:[\w-]+:iam::aws:policy\/(.+)$/.exec(policyArn)?.[1];
}

/** Buckets that policies open to a role of the account. */
function bucketsBy(world: World, texts: readonly string[]): readonly string[] {
  const there = world.store
    .living([t.bucket])
    .filter(({ account }) => account === world.account)
    .map(({ id, outputs }) => ({ name: id, arn: textOf(outputs, "arn") }));
  return [...new Set(texts.flatMap((text) => bucketsOf(text, there)))];
}

/** Buckets that a role's policies open. */
export function bucketsOfRole(world: World, roleName: string): readonly string[] {
  return bucketsBy(world, policiesOf(world, roleName));
}

/** A bucket was made: pods whose role may reach all buckets, or all of such a name, reach this one too. */
export async function spreadBucket(world: World, bucket: string): Promise<void> {
  for (const association of world.store.living([t.podIdentityAssociation])) {
    const role = world.store
      .living([t.role])
      .find(({ outputs }) => outputs.arn === association.inputs.roleArn);
    const buckets = bucketsOfRole(world, role?.id ?? "");
    if (buckets.includes(bucket)) await allow(world, association, buckets);
  }
}

/** Tells the backend what the pods of an association may reach now. */
export async function allow(
  world: World,
  association: Pick<CloudRecord, "id" | "inputs">,
  buckets: readonly string[],
): Promise<void> {
  const principal = textOf(association.inputs, "roleArn");
  await world.backend.identity.ensure({
    id: association.id,
    namespace: textOf(association.inputs, "namespace"),
    serviceAccount: textOf(association.inputs, "serviceAccount"),
    principal,
    buckets,
  });
}

/** A policy of the role changes: everyone who takes it can reach something else. */
async function spread(world: World, roleName: string, change?: Change): Promise<void> {
  const texts = policiesOf(world, roleName, change);
  const buckets = bucketsBy(world, texts);
  const role = world.store.find(t.role, roleName);
  if (role !== undefined) await letReaders(world, role, texts);
  const holder = role?.outputs.arn;
  const associations = world.store
    .living([t.podIdentityAssociation])
    .filter(({ inputs }) => inputs.roleArn === holder);
  for (const association of associations) await allow(world, association, buckets);
}

const rolePolicy: Kind = {
  everywhere: true,
  inputs: { name: { ...name, range: [1, 128] }, role: toRole, policy: { range: [1, 10240] } },
  refuse: (inputs) => wrongDocument(given({ inputs }, "policy"), "identity", "policy"),
  // A made name is another one at each request: asked for twice, there are two of it.
  naming: {
    property: "name",
    scope: "account",
    within: "role",
    auto: { limit: 128 },
    taken: "EntityAlreadyExists",
  },
  puts: true,
  id: (making) => `${given(making, "role")}:${given(making, "name")}`,
  behind: async (making: Making) => {
    const { world, id } = making;
    await spread(world, given(making, "role"), { id, text: given(making, "policy") });
    return undefined;
  },
  outputs: { name: ({ id }) => id.split(":")[1] },
  remove: ({ world, record }) => spread(world, textOf(record.inputs, "role"), { id: record.id }),
};

const rolePolicyAttachment: Kind = {
  everywhere: true,
  inputs: {
    role: toRole,
    policyArn: {
      refers: { to: t.policy, by: ["arn"], unless: /^arn:[\w-]+:iam::aws:policy\// },
      replaces: true,
    },
  },
  puts: true,
  id: ({ inputs }) => `${given({ inputs }, "role")}-${digest(26, given({ inputs }, "policyArn"))}`,
  admit: (making) => {
    const own = awsPolicy(given(making, "policyArn"));
    if (own !== undefined && !managed.has(own))
      throw new Refused(
        `NoSuchEntity: Policy ${given(making, "policyArn")} does not exist or is not attachable. The simulated AWS brings ${[...managed].join(", ")}`,
      );
  },
  behind: async (making) => {
    await spread(making.world, given(making, "role"));
    return undefined;
  },
  remove: ({ world, record }) => spread(world, textOf(record.inputs, "role"), { id: record.id }),
};

const policy: Kind = {
  everywhere: true,
  inputs: {
    name: { ...name, range: [1, 128] },
    path: { default: "/", replaces: true },
    description: { replaces: true },
    policy: { range: [1, 6144] },
  },
  naming: {
    property: "name",
    scope: "account",
    auto: { limit: 128 },
    taken: "EntityAlreadyExists: A policy of this name already exists",
  },
  refuse: (inputs) => wrongDocument(given({ inputs }, "policy"), "identity", "policy"),
  id: ({ world, inputs }) =>
    arn(world, "iam", `policy${given({ inputs }, "path") || "/"}${given({ inputs }, "name")}`, "account"),
  behind: async (making) => {
    const { world, id, old } = making;
    if (old === undefined) return undefined;
    const holders = world.store
      .living([t.rolePolicyAttachment])
      .filter(({ inputs }) => inputs.policyArn === id);
    for (const { inputs } of holders)
      await spread(world, textOf(inputs, "role"), { id, text: given(making, "policy") });
    return undefined;
  },
  outputs: { arn: ({ id }) => id, policyId: ({ id }) => `ANPA${digest(17, id).toUpperCase()}` },
};

/** The names of a role's attached policies: the last part of their ARNs. */
export function attachedTo(world: World, roleName: string): readonly string[] {
  return world.store
    .living([t.rolePolicyAttachment])
    .filter(({ inputs }) => inputs.role === roleName)
    .flatMap(({ inputs }) => textsAt(inputs, "policyArn").map((found) => found.split("/").at(-1) ?? found));
}

export const iam: Readonly<Record<string, Kind>> = {
  [t.role]: role,
  [t.rolePolicy]: rolePolicy,
  [t.rolePolicyAttachment]: rolePolicyAttachment,
  [t.policy]: policy,
};
