/** Questions to the cluster before anything is declared. A preview goes on without a cluster; an `up` does not. */

import type { App } from "../apps/app.ts";
import { disposableContexts, isDisposable } from "../providers/local/disposable.ts";
import { Cluster, loadKubeConfig } from "./cluster.ts";
import type { Problem } from "./problems.ts";
import type { ExistingConfig, LocalConfig, TenantConfig } from "./vocabulary.ts";

export interface Preflight {
  readonly problems: readonly Problem[];
  /** Undefined in a preview without a kubeconfig. */
  readonly cluster: Cluster | undefined;
  readonly context: string;
  /** Undefined in a preview of a cluster that does not answer. */
  readonly identifier: string | undefined;
}

export async function preflight(platform: LocalConfig | ExistingConfig, dryRun: boolean): Promise<Preflight> {
  const config = loadKubeConfig();
  const contexts = config.getContexts().map(({ name }) => name);
  const context = platform.context ?? config.getCurrentContext();
  const key = "portolan:platform.context";
  const problems: Problem[] = [];
  // client-node invents this one where there is no kubeconfig at all.
  const none = contexts.length === 0 || (contexts.length === 1 && contexts[0] === "loaded-context");
  if (platform.kind === "local" && !none && !isDisposable(context, platform.disposableContexts)) {
    problems.push({
      key,
      value: context,
      allowed: `a disposable context: ${disposableContexts}, or one listed in portolan:platform.disposableContexts`,
      remedy: "for a cluster that holds anything you would miss, choose portolan:platform.kind `existing`",
    });
    return { problems, cluster: undefined, context, identifier: undefined };
  }
  if (none || !contexts.includes(context)) {
    if (none && dryRun)
      return { problems, cluster: undefined, context: platform.context ?? "none", identifier: undefined };
    problems.push({
      key,
      value: context,
      allowed:
        contexts.length > 0 && !none ? contexts.join(", ") : "a context of your kubeconfig; none was found",
      remedy: "set KUBECONFIG to the file that has it, or name another context",
    });
    return { problems, cluster: undefined, context, identifier: undefined };
  }
  const cluster = new Cluster(config, context);
  try {
    return { problems, cluster, context, identifier: await cluster.identifier() };
  } catch (error) {
    if (!dryRun) {
      problems.push({
        key,
        value: context,
        allowed: "a cluster that answers",
        remedy: `\`kubectl --context ${context} get namespace kube-system\` must work; it says: ${reasonOf(error)}`,
      });
    }
    return { problems, cluster, context, identifier: undefined };
  }
}

/** Secrets the user named: each must be there with its keys, before anything is made that waits for it. */
export async function checkNamedSecrets(
  cluster: Cluster,
  app: App,
  tenants: Readonly<Record<string, TenantConfig>>,
  kind: "generated" | "existing" | "external",
): Promise<Problem[]> {
  const wanted = Object.entries(tenants).flatMap(([slug, tenant]) => {
    const namespace = tenant.namespace;
    if (!namespace) return [];
    const at = `portolan:tenants.${slug}`;
    return [
      ...(kind === "existing" && tenant.secret
        ? [{ at: `${at}.secret`, namespace, name: tenant.secret, keys: Object.keys(app.secrets) }]
        : []),
      ...refs(tenant).map(([part, ref]) => ({
        at: `${at}.${part}`,
        namespace,
        name: ref.secretName,
        keys: [ref.key],
      })),
    ];
  });
  const found = await Promise.all(
    wanted.map(async (one) => ({ ...one, has: await cluster.secretKeys(one.namespace, one.name) })),
  );
  return found.flatMap(({ at, namespace, name, keys, has }) => {
    const missing = keys.filter((key) => !has?.includes(key));
    if (has && missing.length === 0) return [];
    return [
      {
        key: at,
        value: name,
        allowed: `a Secret in namespace ${namespace} with the key${keys.length > 1 ? "s" : ""} ${keys.join(", ")}`,
        remedy: has
          ? `it lacks ${missing.join(", ")}: add ${missing.length > 1 ? "them" : "it"}`
          : "it does not exist: make it first",
      },
    ];
  });
}

function refs(tenant: TenantConfig): [string, { secretName: string; key: string }][] {
  const { database, redis, objectStore } = tenant;
  return [
    ...(database ? [["database.password", database.password] as [string, typeof database.password]] : []),
    ...(redis ? [["redis.password", redis.password] as [string, typeof redis.password]] : []),
    ...(objectStore
      ? [
          ["objectStore.accessKey", objectStore.accessKey] as [string, typeof objectStore.accessKey],
          ["objectStore.secretKey", objectStore.secretKey] as [string, typeof objectStore.secretKey],
        ]
      : []),
  ];
}

/** The first line of an error's innermost cause. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const text = inner instanceof Error ? inner.message : String(inner);
  return (text.split("\n")[0] ?? "").slice(0, 200);
}
