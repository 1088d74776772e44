/** What the program asks a cluster before it declares anything: is it there, which one is it, what is in the way. */
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { z } from "zod";
import type { ExternalSecretReader, ExternalSecretState } from "../components/externalKeys.ts";
import { cellLabel, stackLabel, tenantLabel } from "../components/names.ts";
import type { ReleaseRecord, ReleaseRepair } from "../components/releaseRepair.ts";

import type { SecretStoreRef } from "../providers/platform.ts";
import {
  type ConditionSet,
  eventsOf,
  externalSecrets,
  readyOf,
  stateOf,
  storesOf,
} from "./externalSecrets.ts";

/** A route of Traefik's to a TCP service. */
export interface TcpRoute {
  readonly namespace: string;
  readonly entryPoints: readonly string[];
}

const tcpRoutes = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ namespace: z.string() }),
      spec: z.looseObject({ entryPoints: z.array(z.string()).default([]) }),
    }),
  ),
});

/** Kinds outside of namespaces that are asked about by name. */
const clusterKinds = {
  definition: { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" },
  driver: { group: "storage.k8s.io", version: "v1", plural: "csidrivers" },
  ingressClass: { group: "networking.k8s.io", version: "v1", plural: "ingressclasses" },
} as const;
export type ClusterKind = keyof typeof clusterKinds;

/** What tells whose an object is. */
export interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const marked = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** Nothing is called before it is asked for. */
export class Cluster implements ReleaseRepair, ExternalSecretReader {
  readonly #api: CoreV1Api;
  readonly #custom: CustomObjectsApi;

  private constructor(config: KubeConfig) {
    this.#api = config.makeApiClient(CoreV1Api);
    this.#custom = config.makeApiClient(CustomObjectsApi);
  }

  /** A context of the user's kubeconfig (KUBECONFIG or the usual file). */
  static inContext(context: string): Cluster {
    const config = new KubeConfig();
    config.loadFromDefault();
    config.setCurrentContext(context);
    return new Cluster(config);
  }

  /** The cluster of a kubeconfig's text. */
  static of(kubeconfig: string): Cluster {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    return new Cluster(config);
  }

  /** The UID of the namespace kube-system: made with the cluster and gone with it. Throws when unreachable. */
  async identifier(): Promise<string> {
    const namespace = await this.#api.readNamespace({ name: "kube-system" });
    return namespace.metadata?.uid ?? "";
  }

  /** Keys of a Secret, or undefined when there is none. */
  async secretKeys(namespace: string, name: string): Promise<readonly string[] | undefined> {
    return unlessMissing(async () =>
      Object.keys((await this.#api.readNamespacedSecret({ namespace, name })).data ?? {}),
    );
  }

  /** Labels of a namespace, or undefined when there is none. */
  async namespaceLabels(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    return unlessMissing(async () => (await this.#api.readNamespace({ name })).metadata?.labels ?? {});
  }

  /** Marks of an object outside of namespaces, or undefined when there is none. */
  async marks(kind: ClusterKind, name: string): Promise<Marks | undefined> {
    const found: unknown = await unlessMissing(() =>
      this.#custom.getClusterCustomObject({ ...clusterKinds[kind], name }),
    );
    return found === undefined ? undefined : marked.parse(found).metadata;
  }

  /** Slugs of the tenants whose namespaces a stack made. */
  async tenantsOf(stack: string): Promise<readonly string[]> {
    const { items } = await this.#api.listNamespace({ labelSelector: `${cellLabel}=${stack}` });
    return items.flatMap(({ metadata }) => metadata?.labels?.[tenantLabel] ?? []);
  }

  /**
   * Slugs of the tenants on a base's platform that other stacks than `asking` declare. A namespace that a tenant names
   * carries no label of ours, and its quota does.
   */
  async tenantsOn(base: string, asking: string): Promise<readonly string[]> {
    const labelSelector = `${stackLabel}=${base},${tenantLabel},${cellLabel}!=${asking}`;
    const [namespaces, quotas] = await Promise.all([
      this.#api.listNamespace({ labelSelector }),
      this.#api.listResourceQuotaForAllNamespaces({ labelSelector }),
    ]);
    const slugs = [...namespaces.items, ...quotas.items].flatMap(
      ({ metadata }) => metadata?.labels?.[tenantLabel] ?? [],
    );
    return [...new Set(slugs)];
  }

  /** Every TCP route of the edge; none where Traefik is not there. */
  async tcpRoutes(): Promise<readonly TcpRoute[]> {
    const routes = { group: "traefik.io", version: "v1alpha1", resourcePlural: "ingressroutetcps" };
    const found = await unlessMissing(() => this.#custom.listCustomObjectForAllNamespaces(routes));
    if (found === undefined) return [];
    return tcpRoutes.parse(found).items.map(({ metadata, spec }) => ({
      namespace: metadata.namespace,
      entryPoints: spec.entryPoints,
    }));
  }

  /** Whether a store of External Secrets is ready; undefined when there is none, `no operator` when nothing knows stores. */
  async secretStore(
    { kind, name }: SecretStoreRef,
    namespace: string,
  ): Promise<ConditionSet | "no operator" | undefined> {
    const served = await unlessMissing(() => this.#custom.getAPIResources(externalSecrets));
    if (!served?.resources.some((resource) => resource.kind === kind)) return "no operator";
    const found: unknown = await unlessMissing(() =>
      kind === "SecretStore"
        ? this.#custom.getNamespacedCustomObject({ ...storesOf(kind), namespace, name })
        : this.#custom.getClusterCustomObject({ ...storesOf(kind), name }),
    );
    return found === undefined ? undefined : readyOf(found);
  }

  async externalSecret(namespace: string, name: string): Promise<ExternalSecretState> {
    const plural = "externalsecrets";
    const found: unknown = await unlessMissing(() =>
      this.#custom.getNamespacedCustomObject({ ...externalSecrets, plural, namespace, name }),
    );
    const fieldSelector = `involvedObject.kind=ExternalSecret,involvedObject.name=${name}`;
    const { items } = await this.#api.listNamespacedEvent({ namespace, fieldSelector });
    return stateOf(found, eventsOf(items));
  }

  async readAgain(namespace: string, name: string): Promise<void> {
    const annotations = { "force-sync": String(Date.now()) };
    await this.#custom.patchNamespacedCustomObject(
      { ...externalSecrets, plural: "externalsecrets", namespace, name, body: { metadata: { annotations } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }

  async records(namespace: string, release: string): Promise<readonly ReleaseRecord[]> {
    const labelSelector = `owner=helm,name=${release}`;
    const { items } = await this.#api.listNamespacedSecret({ namespace, labelSelector });
    return items.flatMap(({ metadata }) => {
      const { version, status } = metadata?.labels ?? {};
      return metadata?.name && version && status
        ? [{ secretName: metadata.name, revision: Number(version), status }]
        : [];
    });
  }

  async removeRecord(namespace: string, secretName: string): Promise<void> {
    await this.#api.deleteNamespacedSecret({ namespace, name: secretName });
  }
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 404;
}
