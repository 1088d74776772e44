/** Identities, the ServiceAccounts that may become them, and their roles. */
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { allow, disallow, federationsOf, spread } from "./access.ts";
import { builtInRoles } from "./roles.ts";
import { t } from "./types.ts";
import {
  alone,
  armId,
  found,
  given,
  inGroup,
  lastPart,
  named,
  part,
  partOf,
  tenant,
  tracked,
  uuid,
} from "./words.ts";

const identity: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    resourceName: { ...named(/^[A-Za-z0-9][\w-]*$/, "letters, digits, - and _", 128), range: [3, 128] },
  },
  naming: inGroup("resourceName", 128),
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.ManagedIdentity/userAssignedIdentities",
      given(making, "resourceName"),
    ),
  // Its principal reaches all of the directory only after seconds.
  settles: 150,
  outputs: {
    principalId: ({ id, created }) => uuid("principal", id, String(created)),
    clientId: ({ id, created }) => uuid("client", id, String(created)),
    tenantId: () => tenant,
  },
};

function holderOf({ world, inputs }: Pick<Making, "world" | "inputs">): CloudRecord | undefined {
  const name = textOf(inputs, "resourceName");
  return world.store.find(
    t.identity,
    armId(world, inputs, "Microsoft.ManagedIdentity/userAssignedIdentities", name),
  );
}

const federated: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    resourceName: partOf(t.identity),
    federatedIdentityCredentialResourceName: {
      ...named(/^[A-Za-z0-9][\w-]*$/, "letters, digits, - and _", 120),
      range: [3, 120],
      required: true,
    },
    issuer: { pattern: /^https:\/\//, says: "an https URL" },
    audiences: { range: [1, 1] },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.ManagedIdentity/userAssignedIdentities",
      given(making, "resourceName"),
      "federatedIdentityCredentials",
      given(making, "federatedIdentityCredentialResourceName"),
    ),
  admit: (making) => {
    const holder = holderOf(making);
    if (holder === undefined)
      throw new Refused(`ResourceNotFound: no identity ${given(making, "resourceName")}`);
    const others = federationsOf(making.world, holder).filter(({ id }) => id !== making.id);
    if (others.length >= 20)
      throw new Refused("Too many Federated Identity Credentials: an identity has 20 at most");
    const same = others.find(
      ({ inputs }) => inputs.issuer === making.inputs.issuer && inputs.subject === making.inputs.subject,
    );
    if (same !== undefined)
      throw new Refused(
        `Issuer and subject combination already exists for this Managed Identity: ${same.id}`,
      );
  },
  behind: async (making) => {
    const holder = holderOf(making);
    if (holder === undefined) return undefined;
    const code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    await alone(holder.id, code, true, async () => {
      await allow(making.world, making.id, making.inputs, holder);
    });
    return undefined;
  },
  remove: ({ world, record }) => disallow(world, record.id),
};

/** @throws Refused when the principal is none, or of another kind than is said */
function requirePrincipal({ world, inputs }: Making): void {
  const principalId = textOf(inputs, "principalId");
  const isIdentity = found(world, t.identity, "principalId", principalId) !== undefined;
  const kind = textOf(inputs, "principalType");
  if (isIdentity && kind !== "ServicePrincipal")
    throw new Refused(
      `UnmatchedPrincipalType: The PrincipalId '${principalId}' has type 'ServicePrincipal', which is different from specified PrincipalType '${kind}'`,
    );
  if (!isIdentity && kind === "ServicePrincipal")
    throw new Refused(
      `PrincipalNotFound: Principal ${principalId} does not exist in the directory ${tenant}`,
    );
}

/** A secret is its vault's own affair: Resource Manager is taken not to ask whether it is there. */
function vaultOf(scope: string): string | undefined {
  return /^(.+\/Microsoft\.KeyVault\/vaults\/[^/]+)\/secrets\/[A-Za-z0-9-]{1,127}$/.exec(scope)?.[1];
}

function admitAssignment(making: Making): void {
  const { world, inputs, id } = making;
  requirePrincipal(making);
  const scope = textOf(inputs, "scope");
  const isThere =
    /^\/subscriptions\/[^/]+$/.test(scope) ||
    world.store.living().some((record) => record.id === scope || record.id === vaultOf(scope));
  if (!isThere) throw new Refused(`ResourceNotFound: The scope '${scope}' was not found`);
  const role = lastPart(textOf(inputs, "roleDefinitionId"));
  if (!builtInRoles.has(role))
    throw new Refused(
      `RoleDefinitionDoesNotExist: The specified role definition with ID '${role}' does not exist. The simulated Azure brings ${[...builtInRoles.values()].join(", ")}`,
    );
  const other = world.store
    .living([t.roleAssignment])
    .find(
      (record) =>
        record.id !== id &&
        record.inputs.scope === scope &&
        record.inputs.principalId === inputs.principalId &&
        lastPart(textOf(record.inputs, "roleDefinitionId")) === role,
    );
  if (other !== undefined)
    throw new Refused(
      `RoleAssignmentExists: The role assignment already exists. The ID of the existing role assignment is ${lastPart(other.id)}`,
    );
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const roleAssignment: Kind = {
  everywhere: true,
  inputs: {
    roleAssignmentName: { pattern: guid, says: "a GUID", required: true, replaces: true },
    scope: {
      pattern: /^\/subscriptions\/./,
      says: "the id of a subscription or of something in it",
      replaces: true,
    },
    principalId: {
      pattern: guid,
      says: "a GUID",
      replaces: true,
      // Groups and people are not known here; an assignment outlives its principal.
      refers: { to: t.identity, by: ["principalId"], atDelete: "leave", elsewhere: true },
    },
    principalType: { default: "User", replaces: true },
    roleDefinitionId: {
      pattern:
        /^\/subscriptions\/[^/]+\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]{36}$/i,
      says: "the id of a role definition in a subscription",
      replaces: true,
    },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    `${given(making, "scope")}/providers/Microsoft.Authorization/roleAssignments/${given(making, "roleAssignmentName")}`,
  admit: admitAssignment,
  behind: async ({ world, inputs, id }) => {
    await spread(world, textOf(inputs, "principalId"), { but: id, also: inputs });
    return undefined;
  },
  remove: ({ world, record }) => spread(world, textOf(record.inputs, "principalId"), { but: record.id }),
};

export const identities: Readonly<Record<string, Kind>> = {
  [t.identity]: identity,
  [t.federated]: federated,
  [t.roleAssignment]: roleAssignment,
};
