/** Mistakes in what a stack file says of keys that come from outside, before anything is asked or made. */
import type { CloudKind } from "../providers/platform.ts";
import { isCloud } from "./platformVocabulary.ts";
import type { Problem } from "./problems.ts";
import type { Parts } from "./values.ts";

type Secrets = NonNullable<Parts["secrets"]>;

/** Whether the platform brings External Secrets, with a store and an identity for each tenant. */
export function storesIn(secrets: Secrets | undefined): boolean {
  return secrets?.kind === "external" && secrets.store === undefined;
}

export function checkExternal(parts: Parts, secrets: Secrets): Problem[] {
  return secrets.kind === "external"
    ? [...checkStore(parts, secrets), ...checkNames(parts), ...checkValues(parts)]
    : (["store", "refresh"] as const)
        .filter((key) => secrets[key] !== undefined)
        .map((key) => ({
          key: `portolan:secrets.${key}`,
          value: secrets[key],
          allowed: `nothing, with secrets kind ${secrets.kind}`,
          remedy: "remove it, or choose kind `external`",
        }));
}

/** A store of the user's own is needed where no operator is brought, and in a namespace that is there already. */
function checkStore({ platform, tenants }: Parts, { store }: Secrets): Problem[] {
  const kind = platform?.kind;
  if (!store && platform && !isCloud(platform)) {
    return [
      {
        key: "portolan:secrets.store",
        allowed: `{ kind: ClusterSecretStore | SecretStore, name } of your own External Secrets, with platform kind ${kind}`,
        remedy: "name it, or choose secrets kind `generated` or `existing`",
      },
    ];
  }
  if (store?.kind !== "SecretStore") return [];
  return Object.entries(tenants)
    .filter(([, tenant]) => tenant.namespace === undefined)
    .map(([slug]) => ({
      key: `portolan:tenants.${slug}.namespace`,
      allowed: `the namespace in which SecretStore ${store.name} is`,
      remedy: "make the namespace and the store first, then name it here; or name a ClusterSecretStore",
    }));
}

/** Azure's names end up in the id of a role's scope, Google's in a condition: what they cannot hold is refused here. */
const names: Readonly<Record<CloudKind, { readonly pattern: RegExp; readonly says: string }>> = {
  aws: { pattern: /^[\w/+=.@:-]{1,512}$/, says: "at most 512 letters, digits and /_+=.@-, or an ARN" },
  azure: { pattern: /^[A-Za-z0-9-]{1,127}$/, says: "at most 127 letters, digits and dashes" },
  gcp: { pattern: /^[\w-]{1,255}$/, says: "at most 255 letters, digits, _ and -" },
};

function checkNames({ platform, secrets, tenants }: Parts): Problem[] {
  if (!platform || !isCloud(platform) || secrets?.store) return [];
  const { pattern, says } = names[platform.kind];
  return Object.entries(tenants).flatMap(([slug, { secret }]) =>
    secret === undefined || pattern.test(secret)
      ? []
      : [
          {
            key: `portolan:tenants.${slug}.secret`,
            value: secret,
            allowed: says,
            remedy: "name the secret as the secret manager does",
          },
        ],
  );
}

/** They would be in the state beside the ones that are used. */
function checkValues({ tenantSecrets }: Parts): Problem[] {
  return Object.entries(tenantSecrets ?? {}).flatMap(([slug, values]) =>
    Object.keys(values).map((key) => ({
      key: `portolan:tenantSecrets.${slug}.${key}`,
      allowed: "nothing, with secrets kind external",
      remedy: "put it into the tenant's secret in the secret manager, and remove it here",
    })),
  );
}
