/** The sandbox's cluster as the backend uses it: objects are applied, read, and waited for until they are gone. */
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from "@kubernetes/client-node";
import type { CloudName } from "../core/backend.ts";

/** On everything that the backend makes; its value is the cloud's name. */
export const cloudLabel = "portolan.dev/cloud";
/** On the parts of one managed server; its value is `serverName`. */
export const serverLabel = "portolan.dev/cloud-server";

const manager = "portolan-cloud";

/** True for an answer of the API server with this HTTP status. */
export function hasCode(error: unknown, code: number): boolean {
  return error instanceof ApiException && error.code === code;
}

/** `undefined` where the object is not there. */
export async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

/**
 * Asks every `everyMs` until the answer is true.
 * @throws after `timeoutMs`, with what `why` can say about it.
 */
export async function until(
  ask: () => Promise<boolean>,
  why: () => Promise<string>,
  timeoutMs = 120_000,
  everyMs = 200,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${await why()} (waited ${timeoutMs / 1000} s)`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** One cloud's part of the cluster: a namespace of its own, `cloud-aws` and the like. */
export class CloudSpace {
  readonly cloud: CloudName;
  readonly namespace: string;
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly #objects: KubernetesObjectApi;
  #ready: Promise<void> | undefined;

  constructor(kubeconfig: string, cloud: CloudName) {
    this.cloud = cloud;
    this.namespace = `cloud-${cloud}`;
    this.config = new KubeConfig();
    this.config.loadFromFile(kubeconfig);
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(this.config);
  }

  /** Metadata of an object in the cloud's namespace. */
  meta(name: string, labels: Readonly<Record<string, string>> = {}) {
    return {
      name,
      namespace: this.namespace,
      labels: { "app.kubernetes.io/part-of": "portolan-sandbox", [cloudLabel]: this.cloud, ...labels },
    };
  }

  /** Makes the namespace, once; it is the cloud's, so nothing but the backend puts anything there. */
  ready(): Promise<void> {
    this.#ready ??= this.#makeNamespace().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #makeNamespace(): Promise<void> {
    // Servers of a cloud are beside its cluster, not in it: what drains the cluster must not see them.
    const { name, labels } = this.meta(this.namespace, { "portolan.dev/drain": "skip" });
    await this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }

  /** Makes the object what it is to be (server-side apply). */
  async apply<T extends KubernetesObject>(object: T): Promise<T> {
    return this.#objects.patch(object, undefined, undefined, manager, true, PatchStrategy.ServerSideApply);
  }

  /** Makes the object unless one of its name is there; says whether it did. */
  async create(object: KubernetesObject): Promise<boolean> {
    try {
      await this.#objects.create(object, undefined, undefined, manager);
      return true;
    } catch (error) {
      if (hasCode(error, 409)) return false;
      throw error;
    }
  }

  /** Deletes the object; none there is fine. What it owns goes too, at its own pace. */
  async delete(object: {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
  }): Promise<void> {
    await found(this.#objects.delete(object, undefined, undefined, undefined, undefined, "Background"));
  }

  /** The text values of a Secret, or `undefined` when there is none. */
  async secret(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const secret = await found(this.core.readNamespacedSecret({ name, namespace: this.namespace }));
    if (secret === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString("utf8"),
      ]),
    );
  }

  /**
   * The Secret `name`, made from `values` at the first call and read ever after, also by another process.
   * Two that come at once get the same values.
   */
  async secretOnce(
    name: string,
    values: () => Promise<Readonly<Record<string, string>>>,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, string>>> {
    const kept = await this.secret(name);
    if (kept !== undefined) return kept;
    await this.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: this.meta(name, labels),
      stringData: await values(),
    } as KubernetesObject);
    const made = await this.secret(name);
    if (made === undefined) throw new Error(`Secret ${this.namespace}/${name} went while it was made`);
    return made;
  }
}
