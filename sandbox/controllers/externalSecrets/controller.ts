/** External Secrets' part in the sandbox: stores are looked at, and each ExternalSecret gets its Secret. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { hasStatus, type KubeClient } from "../kube/client.ts";
import { writeWarning } from "../kube/events.ts";
import { coalescingLoop } from "../kube/loop.ts";
import { metadataSchema, secretSchema } from "../kube/objects.ts";
import { type Store, watchResource } from "../kube/watch.ts";
import {
  type CloudRecords,
  type Condition,
  cloudReaders,
  cloudSecrets,
  type ExternalSecretSpec,
  externalSecretSpec,
  objectSchema,
  type StoreObject,
  type StoreSpec,
  storeSpec,
} from "./objects.ts";
import { type Account, accountOf, propertyOf, readSecret, requireAllowed, Trouble } from "./read.ts";

export interface ExternalSecretsOptions {
  readonly client: KubeClient;
  readonly log: (line: string) => void;
}

const api = "/apis/external-secrets.io/v1";
const component = "external-secrets";
const managed = "reconcile.external-secrets.io/managed";
/** After a failure it is tried again, ever more rarely: the real one goes up to minutes, too. */
const firstRetry = 1000;
const lastRetry = 30_000;

const namespaceSchema = z.object({ metadata: metadataSchema });

function parsed<T>(schema: z.ZodType<T>, spec: unknown): T {
  const result = schema.safeParse(spec);
  if (result.success) return result.data;
  const words = z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, " ");
  throw new Trouble(`the sandbox does not honour this specification: ${words}`);
}

const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The generation, and what else of the object has it read again: `force-sync`, for example. */
export function versionOf({ metadata }: Pick<StoreObject, "metadata">): string {
  const { generation = 0, labels, annotations } = metadata;
  return `${generation}-${short(JSON.stringify([labels, annotations]))}`;
}

function instant(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

function withReady(
  before: readonly Condition[],
  ready: boolean,
  reason: string,
  message: string,
): Condition[] {
  const old = before.find(({ type }) => type === "Ready");
  const status = ready ? "True" : "False";
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : instant();
  return [
    ...before.filter(({ type }) => type !== "Ready"),
    { type: "Ready", status, reason, message, lastTransitionTime },
  ];
}

/** Starts the controller; `close` ends its watches. */
export function startExternalSecrets({ client, log }: ExternalSecretsOptions): { close(): void } {
  let loop: { trigger(): void } = { trigger: () => {} };
  const changed = () => loop.trigger();
  const watch = (plural: string) =>
    watchResource({ client, path: `${api}/${plural}`, schema: objectSchema, changed, log });
  const stores = watch("secretstores");
  const clusterStores = watch("clustersecretstores");
  const externalSecrets = watch("externalsecrets");
  // Its own Secrets: one that is deleted or changed by hand is made again.
  const owned = watchResource({
    client,
    path: "/api/v1/secrets",
    schema: secretSchema,
    query: `labelSelector=${encodeURIComponent(`${managed}=true`)}`,
    changed,
    log,
  });
  const all: readonly Store<unknown>[] = [stores, clusterStores, externalSecrets, owned];
  /** When each object is due, and how often it failed since it last went well. */
  const due = new Map<string, { readonly version: string; readonly at: number; readonly failures: number }>();
  let timer: NodeJS.Timeout | undefined;

  async function records(): Promise<CloudRecords> {
    const list = (kind: string, label: string) =>
      client.request("GET", `/api/v1/${kind}?labelSelector=${encodeURIComponent(label)}`);
    const [secrets, readers] = await Promise.all([
      list("secrets", "portolan.dev/cloud-secret").then((answer) => cloudSecrets.parse(answer)),
      list("configmaps", "portolan.dev/cloud-reader").then((answer) => cloudReaders.parse(answer)),
    ]);
    return {
      secrets: secrets.items.map(({ metadata, data }) => ({ space: metadata.namespace, ...data })),
      readers: readers.items.map(({ metadata, data }) => ({ space: metadata.namespace, ...data.reader })),
    };
  }

  async function account(of: { namespace: string; name: string }): Promise<Account> {
    const path = `/api/v1/namespaces/${of.namespace}/serviceaccounts/${of.name}`;
    try {
      const { metadata } = namespaceSchema.parse(await client.request("GET", path));
      return { ...of, annotations: metadata.annotations };
    } catch (error) {
      if (hasStatus(error, 404)) throw new Trouble(`ServiceAccount "${of.name}" not found`);
      throw error;
    }
  }

  async function tellStore(store: StoreObject): Promise<void> {
    const { namespace, name } = store.metadata;
    let words = { ready: true, reason: "Valid", message: "store validated" };
    try {
      const { provider } = parsed(storeSpec, store.spec);
      const who = accountOf(provider, namespace, namespace === "");
      // A cluster-wide one without a namespace is looked at with each ExternalSecret.
      if (who !== undefined && who.namespace !== "") await account(who);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      words = { ready: false, reason: "InvalidProviderConfig", message: error.message };
    }
    const old = store.status.conditions.find(({ type }) => type === "Ready");
    const status = words.ready ? "True" : "False";
    if (old?.status === status && old.reason === words.reason && old.message === words.message) return;
    const place = namespace === "" ? "clustersecretstores" : `namespaces/${namespace}/secretstores`;
    const conditions = withReady(store.status.conditions, words.ready, words.reason, words.message);
    await client.request(
      "PATCH",
      `${api}/${place}/${name}/status`,
      { status: { conditions } },
      "merge-patch",
    );
  }

  /** The named store, ready and for this namespace. */
  async function storeFor(
    spec: ExternalSecretSpec,
    namespace: string,
  ): Promise<StoreSpec & { wide: boolean }> {
    const { kind, name } = spec.secretStoreRef;
    const wide = kind === "ClusterSecretStore";
    const found = wide
      ? clusterStores.items().find(({ metadata }) => metadata.name === name)
      : stores.items().find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (found === undefined) throw new Trouble(`could not get ${kind} "${name}": not found`);
    const isReady = found.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
    if (!isReady) throw new Trouble(`${kind} "${name}" is not ready`);
    const store = parsed(storeSpec, found.spec);
    if (wide && store.conditions.length > 0) {
      const answer = await client.request("GET", `/api/v1/namespaces/${namespace}`);
      const { labels } = namespaceSchema.parse(answer).metadata;
      requireAllowed({ name, conditions: store.conditions }, namespace, labels);
    }
    return { ...store, wide };
  }

  async function values(spec: ExternalSecretSpec, namespace: string): Promise<Record<string, string>> {
    const { provider, wide } = await storeFor(spec, namespace);
    const who = accountOf(provider, namespace, wide);
    const asking = who && (await account(who));
    const known = await records();
    const found: Record<string, string> = {};
    spec.data.forEach(({ secretKey, remoteRef: { key, property } }, index) => {
      try {
        found[secretKey] = propertyOf(readSecret(provider, asking, key, known), key, property);
      } catch (error) {
        if (error instanceof Trouble)
          throw new Trouble(`error processing spec.data[${index}] (key: ${key}), err: ${error.message}`);
        throw error;
      }
    });
    return found;
  }

  async function write(
    object: StoreObject,
    spec: ExternalSecretSpec,
    data: Record<string, string>,
  ): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    const encoded = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    );
    const manifest = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: spec.target.name,
        namespace,
        labels: { [managed]: "true" },
        annotations: { "reconcile.external-secrets.io/data-hash": short(JSON.stringify(encoded)) },
        ownerReferences: [
          {
            apiVersion: "external-secrets.io/v1",
            kind: "ExternalSecret",
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      type: "Opaque",
      data: encoded,
    };
    const path = `/api/v1/namespaces/${namespace}/secrets/${spec.target.name}`;
    await client.request("PATCH", `${path}?fieldManager=${component}&force=true`, manifest, "apply-patch");
  }

  /** Whether it is to be looked at now. */
  function isDue(object: StoreObject, spec: ExternalSecretSpec | undefined): boolean {
    const known = due.get(object.metadata.uid);
    if (known === undefined || known.version !== versionOf(object) || known.at <= Date.now()) return true;
    const { namespace } = object.metadata;
    return (
      known.failures === 0 &&
      spec !== undefined &&
      !owned
        .items()
        .some(({ metadata }) => metadata.namespace === namespace && metadata.name === spec.target.name)
    );
  }

  async function settle(object: StoreObject): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    if (object.metadata.deletionTimestamp !== undefined) return;
    const version = versionOf(object);
    const before = due.get(uid);
    const readable = externalSecretSpec.safeParse(object.spec);
    if (!isDue(object, readable.data)) return;
    const status = `${api}/namespaces/${namespace}/externalsecrets/${name}/status`;
    try {
      const spec = parsed(externalSecretSpec, object.spec);
      await write(object, spec, await values(spec, namespace));
      due.set(uid, { version, at: Date.now() + spec.refreshInterval, failures: 0 });
      const conditions = withReady(object.status.conditions, true, "SecretSynced", "secret synced");
      await client.request(
        "PATCH",
        status,
        {
          status: {
            conditions,
            refreshTime: instant(),
            syncedResourceVersion: version,
            binding: { name: spec.target.name },
          },
        },
        "merge-patch",
      );
    } catch (error) {
      if (hasStatus(error, 404)) return;
      if (!(error instanceof Trouble)) throw error;
      const failures = (before?.version === version ? before.failures : 0) + 1;
      const pause = Math.min(lastRetry, firstRetry * 2 ** (failures - 1));
      due.set(uid, { version, at: Date.now() + pause, failures });
      log(`ExternalSecret ${namespace}/${name}: ${error.message}`);
      const about = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", namespace, name, uid };
      await writeWarning(client, component, { about, reason: "UpdateFailed", message: error.message });
      const words = ["SecretSyncedError", "could not get secret data from provider"] as const;
      const conditions = withReady(object.status.conditions, false, ...words);
      await client.request("PATCH", status, { status: { conditions } }, "merge-patch");
    }
  }

  async function reconcile(): Promise<void> {
    for (const store of [...stores.items(), ...clusterStores.items()]) {
      await tellStore(store).catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error;
      });
    }
    await Promise.all(externalSecrets.items().map(settle));
    const living = new Set(externalSecrets.items().map(({ metadata }) => metadata.uid));
    for (const uid of due.keys()) if (!living.has(uid)) due.delete(uid);
    const next = Math.min(lastRetry, ...[...due.values()].map(({ at }) => at - Date.now()));
    clearTimeout(timer);
    timer = setTimeout(changed, Math.max(200, next));
    timer.unref();
  }

  void Promise.all(all.map(({ synced }) => synced)).then(() => {
    loop = coalescingLoop(reconcile, 10, log);
    loop.trigger();
  });
  return {
    close() {
      clearTimeout(timer);
      for (const store of all) store.close();
    },
  };
}
