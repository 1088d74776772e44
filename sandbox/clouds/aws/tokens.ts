/** Roles that tokens of ServiceAccounts take: the issuers an account believes, and what those roles may read. */
import { type CloudFunction, type Kind, Refused, type World } from "../core/kind.ts";
import { textOf, textsAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { secretsOf, tokenTrusts } from "./documents.ts";
import { t } from "./types.ts";
import { arn, given } from "./words.ts";

const withoutScheme = (url: string): string => url.replace(/^https:\/\//, "");

const oidcProvider: Kind = {
  everywhere: true,
  inputs: {
    url: {
      pattern: /^https:\/\/[^?#]+$/,
      says: "an https URL without a query",
      range: [1, 255],
      replaces: true,
    },
    clientIdLists: { range: [0, 100] },
  },
  taken: "EntityAlreadyExists: Provider with url already exists.",
  id: (making) => arn(making.world, "iam", `oidc-provider/${withoutScheme(given(making, "url"))}`, "account"),
  outputs: { arn: ({ id }) => id, thumbprintLists: ({ inputs }) => inputs.thumbprintLists ?? [] },
};

export const getOpenIdConnectProvider: CloudFunction = (args, world) => {
  const url = textOf(args, "url");
  const found = world.store
    .living([t.oidcProvider])
    .find(({ id, inputs }) => textOf(inputs, "url") === url || id === textOf(args, "arn"));
  if (found === undefined)
    throw new Refused(`finding IAM OIDC Provider by url (${url}): not found, in account ${world.account}`);
  return { ...found.inputs, ...found.outputs, id: found.id };
};

/** A role that tokens take was made or changed, or a policy of it: `texts` are its policies now. */
export async function letReaders(
  world: World,
  role: Pick<CloudRecord, "id" | "inputs">,
  texts: readonly string[],
): Promise<void> {
  const id = `role:${role.id}`;
  const trusted = tokenTrusts(textOf(role.inputs, "assumeRolePolicy")).find(({ provider, audience }) =>
    believes(world, provider, audience),
  );
  const [, namespace, serviceAccount] =
    /^system:serviceaccount:([^:*?]+):([^:*?]+)$/.exec(trusted?.subject ?? "") ?? [];
  const resources = [...new Set(texts.flatMap((text) => secretsOf(text)))];
  if (namespace === undefined || serviceAccount === undefined || resources.length === 0)
    return world.backend.secrets.refuse(id);
  const principal = arn(world, "iam", `role${textOf(role.inputs, "path") || "/"}${role.id}`, "account");
  await world.backend.secrets.allow({ id, namespace, serviceAccount, principal, resources });
}

/** The account has the issuer's record, it is for that audience, and a cluster of the cloud signs such tokens. */
function believes(world: World, provider: string, audience: string): boolean {
  const record = world.store.find(t.oidcProvider, provider);
  if (record === undefined) return false;
  const url = textOf(record.inputs, "url");
  const isIssuer = world.store
    .living([t.cluster])
    .some(({ outputs }) => textsAt(outputs, "identities[].oidcs[].issuer").includes(url));
  return isIssuer && textsAt(record.inputs, "clientIdLists[]").includes(audience);
}

export const tokens: Readonly<Record<string, Kind>> = { [t.oidcProvider]: oidcProvider };
