import { z } from "zod";
import type { PlainBag } from "../rpc/values.ts";
import { Client, isNotFound, type Request } from "./client.ts";
import { type Kind, namespacedByName } from "./kinds.ts";
import { type Access, loadAccess } from "./kubeconfig.ts";
import type { Settings } from "./settings.ts";

/** Where a kind's objects are: its path segment, and whether they live in namespaces. */
export type Mapping = { plural: string; namespaced: boolean };

const resourceList = z.looseObject({
  resources: z
    .array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() }))
    .default([]),
});

/** The kind is not known to the API server: usually a custom resource whose definition is not there (yet). */
export class NoSuchKind extends Error {
  constructor({ apiVersion, kind }: Kind) {
    super(
      `the API server knows no kind ${kind} in ${apiVersion}. ` +
        "Create its CustomResourceDefinition first (dependsOn), or correct apiVersion and kind",
    );
    this.name = "NoSuchKind";
  }
}

type Reach = { client: Client; access: Access };

/** One cluster as seen by one provider. Nothing is contacted before it is needed. */
export class Cluster {
  readonly settings: Settings;
  #loaded: Promise<Access> | undefined;
  #reached: Promise<Reach> | undefined;
  readonly #lists = new Map<string, Promise<Map<string, Mapping>>>();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Why the cluster cannot be used, or undefined when it answers. Asked once. */
  async unreachable(): Promise<string | undefined> {
    try {
      await this.#reach();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #reach(): Promise<Reach> {
    this.#reached ??= this.#connect();
    return this.#reached;
  }

  #load(): Promise<Access> {
    this.#loaded ??= loadAccess(this.settings);
    return this.#loaded;
  }

  async #connect(): Promise<Reach> {
    const access = await this.#load();
    const client = new Client(access.config);
    // A preview must not hang on an address that swallows packets.
    await client.request({ method: "GET", path: "/version", timeout: 5_000 });
    return { client, access };
  }

  /** The loaded kubeconfig; fails like {@link request} when the cluster cannot be used. */
  async access(): Promise<Access> {
    return (await this.#reach()).access;
  }

  /** @throws ApiError, or why the cluster cannot be reached. */
  async request(request: Request): Promise<PlainBag> {
    const { client } = await this.#reach().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`configured Kubernetes cluster is unreachable: ${why}`);
    });
    return client.request(request);
  }

  /** Where objects of a kind are. @throws NoSuchKind */
  async mapping(kind: Kind): Promise<Mapping> {
    const prefix = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    for (const fresh of [false, true]) {
      if (fresh) this.#lists.delete(prefix);
      const known = this.#lists.get(prefix) ?? this.#list(prefix);
      this.#lists.set(prefix, known);
      const found = (await known).get(kind.kind);
      if (found !== undefined) return found;
    }
    throw new NoSuchKind(kind);
  }

  /** Whether a kind lives in namespaces; by its name when the cluster cannot say. */
  async namespaced(kind: Kind): Promise<boolean> {
    if ((await this.unreachable()) !== undefined) return namespacedByName(kind);
    return (await this.mapping(kind).catch(() => undefined))?.namespaced ?? namespacedByName(kind);
  }

  async #list(prefix: string): Promise<Map<string, Mapping>> {
    try {
      const { resources } = resourceList.parse(await this.request({ method: "GET", path: prefix }));
      // Subresources (pods/log) have a slash in their name.
      const own = resources.filter(({ name }) => !name.includes("/"));
      return new Map(own.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]));
    } catch (error) {
      if (isNotFound(error)) return new Map();
      this.#lists.delete(prefix);
      throw error;
    }
  }

  /**
   * The namespace for objects that name none: the provider's, the context's, or `default`. The kubeconfig alone
   * says it, so that a preview without the cluster plans the same names.
   */
  async defaultNamespace(): Promise<string> {
    const access = await this.#load().catch(() => undefined);
    return access?.namespace ?? this.settings.namespace ?? "default";
  }

  /** The path of one object, or of a kind's collection when `name` is undefined. */
  async path(kind: Kind, namespace: string, name?: string): Promise<string> {
    const { plural, namespaced } = await this.mapping(kind);
    const prefix = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const scope = namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
    return `${prefix}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  }
}
