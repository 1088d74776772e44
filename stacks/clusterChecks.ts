/** What the cluster already holds: Secrets the user named, and namespaces that belong to somebody else. */
import type { App } from "../apps/app.ts";
import { cellLabel, namespaceOf, tenantLabel } from "../components/names.ts";
import type { SecretStoreRef } from "../providers/platform.ts";
import type { Cluster } from "./cluster.ts";
import type { Stack } from "./config.ts";
import type { Problem } from "./problems.ts";
import { sharedSlugs } from "./sharedLimits.ts";
import type { TenantConfig } from "./vocabulary.ts";

type Tenants = Readonly<Record<string, TenantConfig>>;

interface WantedSecret {
  /** The key of the stack file that names it. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** What of a stack touches things that may be in the cluster already. */
export interface ClusterClaims {
  readonly app: App;
  readonly tenants: Tenants;
  /** Whether the tenants' keys are in Secrets of the user's own. */
  readonly existingSecrets: boolean;
  /** A store of the user's own that they come through. */
  readonly store?: SecretStoreRef | undefined;
  readonly stack: string;
  /** The stack whose platform it is on: itself, or its base. */
  readonly platform: string;
}

export function claimsOf({ app, file, name }: Stack): ClusterClaims {
  const { kind, store } = file.secrets;
  return {
    app,
    tenants: file.tenants,
    existingSecrets: kind === "existing",
    store,
    stack: name,
    platform: name,
  };
}

/** Everything in the way of a stack, before anything is made. `others`: slugs that other stacks have on its platform. */
export async function checkCluster(
  cluster: Cluster,
  claims: ClusterClaims,
  others: readonly string[],
): Promise<Problem[]> {
  const { app, tenants, existingSecrets, store, stack, platform } = claims;
  const [secrets, namespaces, stores] = await Promise.all([
    checkNamedSecrets(cluster, app, tenants, existingSecrets),
    checkNamespaces(cluster, app, tenants, stack),
    store ? checkStore(cluster, store, tenants) : [],
  ]);
  const slugs = sharedSlugs({ own: Object.keys(tenants), others }, platform);
  // Told once: that other tenant's namespace has the same name where its application is the same.
  const told = new Set(slugs.map(({ key }) => key));
  return [...slugs, ...secrets, ...namespaces.filter(({ key }) => !told.has(key)), ...stores];
}

/** A store that is not there, or not ready, would be waited for until the release is given up. */
export async function checkStore(
  cluster: Pick<Cluster, "secretStore">,
  store: SecretStoreRef,
  tenants: Tenants,
): Promise<Problem[]> {
  const spaces =
    store.kind === "ClusterSecretStore"
      ? [""]
      : Object.values(tenants).flatMap(({ namespace }) => namespace ?? []);
  const problems = await Promise.all(
    spaces.map(async (namespace) => {
      const found = await cluster.secretStore(store, namespace);
      const within = namespace === "" ? "" : ` in namespace ${namespace}`;
      if (found === "no operator") {
        return problem(store, "the cluster has no External Secrets that serves v1: install it first");
      }
      if (found === undefined) return problem(store, `it does not exist${within}: make it first`);
      return found.isReady
        ? []
        : problem(store, `it is not ready${within}: ${found.why || "nobody looked at it"}`);
    }),
  );
  const [first] = problems.flat();
  // Without an operator it is the same for every namespace.
  return first?.remedy.startsWith("the cluster has no") ? [first] : problems.flat();
}

function problem({ kind, name }: SecretStoreRef, remedy: string): Problem[] {
  return [
    { key: "portolan:secrets.store", value: name, allowed: `a ${kind} that is there and ready`, remedy },
  ];
}

/** Each named Secret must be there with its keys, before anything is made that would wait for it. */
export async function checkNamedSecrets(
  cluster: Cluster,
  app: App,
  tenants: Tenants,
  existing: boolean,
): Promise<Problem[]> {
  const wanted = Object.entries(tenants).flatMap(([slug, tenant]) =>
    wantedSecrets(slug, tenant, existing ? app : undefined),
  );
  const problems = await Promise.all(
    wanted.map(async (one) => secretProblem(one, await cluster.secretKeys(one.namespace, one.name))),
  );
  return problems.filter((problem) => problem !== undefined);
}

function wantedSecrets(slug: string, tenant: TenantConfig, app: App | undefined): WantedSecret[] {
  const { namespace, secret, database, redis, objectStore } = tenant;
  if (!namespace) return [];
  const at = (part: string) => `portolan:tenants.${slug}.${part}`;
  const refs = [
    { part: "database.password", ref: database?.password },
    { part: "redis.password", ref: redis?.password },
    { part: "objectStore.accessKey", ref: objectStore?.accessKey },
    { part: "objectStore.secretKey", ref: objectStore?.secretKey },
  ];
  return [
    ...(app && secret
      ? [{ key: at("secret"), namespace, name: secret, keys: Object.keys(app.secrets) }]
      : []),
    ...refs.flatMap(({ part, ref }) =>
      ref ? [{ key: at(part), namespace, name: ref.secretName, keys: [ref.key] }] : [],
    ),
  ];
}

export function secretProblem(wanted: WantedSecret, has: readonly string[] | undefined): Problem | undefined {
  const { key, namespace, name, keys } = wanted;
  const missing = keys.filter((one) => !has?.includes(one));
  if (has && missing.length === 0) return undefined;
  return {
    key,
    value: name,
    allowed: `a Secret in namespace ${namespace} with the key${keys.length > 1 ? "s" : ""} ${keys.join(", ")}`,
    remedy: has ? `it lacks ${missing.join(", ")}: add what is missing` : "it does not exist: make it first",
  };
}

/** A namespace that another stack or somebody else made is never taken over: it would go with the tenant. */
export async function checkNamespaces(
  cluster: Cluster,
  app: App,
  tenants: Tenants,
  stack: string,
): Promise<Problem[]> {
  const made = Object.entries(tenants).filter(([, tenant]) => tenant.namespace === undefined);
  const problems = await Promise.all(
    made.map(async ([slug]) => {
      const namespace = namespaceOf(app.name, slug);
      return namespaceProblem(slug, namespace, await cluster.namespaceLabels(namespace), stack);
    }),
  );
  return problems.filter((problem) => problem !== undefined);
}

export function namespaceProblem(
  slug: string,
  namespace: string,
  labels: Readonly<Record<string, string>> | undefined,
  stack: string,
): Problem | undefined {
  if (!labels || (labels[cellLabel] === stack && labels[tenantLabel] === slug)) return undefined;
  const owner = labels[cellLabel] ? `stack ${labels[cellLabel]}` : "somebody else";
  return {
    key: `portolan:tenants.${slug}`,
    value: namespace,
    allowed: `a slug whose namespace is free; ${namespace} belongs to ${owner}`,
    remedy: `choose another slug, or set portolan:tenants.${slug}.namespace to use a namespace that you keep yourself`,
  };
}
