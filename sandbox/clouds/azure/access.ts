/** Who may what: what follows from identities, their federations and their roles. */
import type { World } from "../core/kind.ts";
import { textOf, textsAt, valuesAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { containerRoles, secretRoles } from "./roles.ts";
import { t } from "./types.ts";
import { found, lastPart } from "./words.ts";

/** What a token must be for, so that Entra ID takes it. */
export const tokenAudience = "api://AzureADTokenExchange";

/** `but` and `also` are assignments under change. */
interface Change {
  readonly but?: string;
  readonly also?: CloudRecord["inputs"];
}

/** Where a principal has one of these roles. */
function scopesOf(
  world: World,
  principalId: string,
  roles: ReadonlySet<string>,
  { but, also }: Change,
): readonly string[] {
  const assigned = world.store
    .living([t.roleAssignment])
    .filter(({ id }) => id !== but)
    .map(({ inputs }) => inputs);
  return [...assigned, ...(also === undefined ? [] : [also])]
    .filter((inputs) => inputs.principalId === principalId)
    .filter((inputs) => roles.has(lastPart(textOf(inputs, "roleDefinitionId"))))
    .map((inputs) => textOf(inputs, "scope"));
}

/** Containers, as `<account>/<container>`, that the roles of a principal open. */
function containersOf(world: World, principalId: string, change: Change): readonly string[] {
  const scopes = scopesOf(world, principalId, containerRoles, change);
  return world.store
    .living([t.container])
    .filter(({ id }) => scopes.some((scope) => id === scope || id.startsWith(`${scope}/`)))
    .map(({ inputs }) => containerName(inputs));
}

/** How the backend knows a container: its name is the account's own affair. */
export function containerName(inputs: CloudRecord["inputs"]): string {
  return `${textOf(inputs, "accountName")}/${textOf(inputs, "containerName")}`;
}

/** Tells the backend what tokens of a federation open now: containers, and secrets of vaults. */
export async function allow(
  world: World,
  id: string,
  inputs: CloudRecord["inputs"],
  holder: CloudRecord,
  change: Change = {},
): Promise<void> {
  const [, namespace, serviceAccount] =
    /^system:serviceaccount:([^:]+):([^:]+)$/.exec(textOf(inputs, "subject")) ?? [];
  const issuer = world.store
    .living([t.cluster])
    .some((cluster) =>
      textsAt(cluster.outputs, "oidcIssuerProfile.issuerURL").includes(textOf(inputs, "issuer")),
    );
  const isTaken = issuer && textsAt(inputs, "audiences[]").includes(tokenAudience);
  // The API takes any issuer and subject; tokens of another are then refused.
  if (!isTaken || namespace === undefined || serviceAccount === undefined) return disallow(world, id);
  const principal = textOf(holder.outputs, "clientId");
  const principalId = textOf(holder.outputs, "principalId");
  const who = { id, namespace, serviceAccount, principal };
  await world.backend.identity.ensure({ ...who, buckets: containersOf(world, principalId, change) });
  const scopes = scopesOf(world, principalId, secretRoles, change);
  if (scopes.length === 0) return world.backend.secrets.refuse(id);
  await world.backend.secrets.allow({ ...who, resources: scopes.flatMap((scope) => [scope, `${scope}/*`]) });
}

export async function disallow(world: World, id: string): Promise<void> {
  await world.backend.identity.remove(id);
  await world.backend.secrets.refuse(id);
}

/** A role was given or taken, or a container made: everyone who is this principal can reach something else. */
export async function spread(world: World, principalId: string, change?: Change): Promise<void> {
  const holder = found(world, t.identity, "principalId", principalId);
  if (holder === undefined) return;
  for (const { id, inputs } of federationsOf(world, holder)) await allow(world, id, inputs, holder, change);
}

export function federationsOf(world: World, holder: CloudRecord): readonly CloudRecord[] {
  return world.store.living([t.federated]).filter(({ id }) => id.startsWith(`${holder.id}/`));
}

/** Whether a principal has one of these roles at a scope or above it. */
export function hasRole(world: World, principalId: string, roles: readonly string[], scope: string): boolean {
  return world.store
    .living([t.roleAssignment])
    .some(
      ({ inputs }) =>
        inputs.principalId === principalId &&
        roles.includes(lastPart(textOf(inputs, "roleDefinitionId"))) &&
        (scope === inputs.scope || scope.startsWith(`${textOf(inputs, "scope")}/`)),
    );
}

/** Principals that a role at this scope, or above it, lets into containers. */
export function principalsAt(world: World, scope: string): readonly string[] {
  const ids = world.store
    .living([t.roleAssignment])
    .filter(({ inputs }) => scope.startsWith(`${textOf(inputs, "scope")}/`) || scope === inputs.scope)
    .flatMap(({ inputs }) => valuesAt(inputs, "principalId"))
    .flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  return [...new Set(ids)];
}
