/**
 * What is behind a simulated Azure beside databases and caches: one server for its directory, its containers and its
 * vaults, told over its own interface who may what.
 */
import { randomBytes } from "node:crypto";
import { Agent } from "node:https";
import type { V1ConfigMap, V1Service } from "@kubernetes/client-node";
import { imageRef } from "../../../images/recipes.ts";
import type { Backend, BucketSpec, IdentitySpec } from "../../core/backend.ts";
import { ensureAgent } from "../agentDeployment.ts";
import { serverName } from "../naming.ts";
import { type CloudSpace, found, serverLabel } from "../objects.ts";
import { ensureServer, whenServing } from "../server.ts";
import { type Identity, identitySchema } from "./front/state.ts";
import { blobSuffix, controlPath, loginHost, operatorPort, owner, storageAudience } from "./names.ts";
import { ask, clusterIssuer, type Open } from "./requests.ts";
import { issueToken } from "./tokens.ts";

const name = "azure";
const containerLabel = "portolan.dev/cloud-bucket";
const identityLabel = "portolan.dev/cloud-identity";
const vaultLabel = "portolan.dev/cloud-vault";

/** The containers, identities and vaults of a backend. */
export class AzurePlane {
  readonly #space: CloudSpace;
  readonly #kubeconfig: string;
  #server: Promise<Open> | undefined;
  #agent: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(space: CloudSpace, kubeconfig: string) {
    this.#space = space;
    this.#kubeconfig = kubeconfig;
  }

  /** The directory answers, and new pods pass the webhook. */
  async ready(): Promise<void> {
    await this.#open();
    this.#agent ??= ensureAgent(this.#space).catch((error: unknown) => {
      this.#agent = undefined;
      throw error;
    });
    await this.#agent;
  }

  readonly bucket: Backend["bucket"] = {
    ensure: (spec) => this.#inTurn(() => this.#ensureContainer(spec)),
    remove: (container) => this.#inTurn(() => this.#removeContainer(container)),
    // Azure deletes a container whatever is in it: nobody asks.
    isEmpty: async () => false,
    empty: async () => {
      throw new Error("no container is emptied: Azure deletes it with what is in it");
    },
  };

  readonly identity: Backend["identity"] = {
    ensure: (spec) =>
      this.#inTurn(async () => {
        await this.#record(identityLabel, "identity", spec.id, {
          identity: JSON.stringify(identityOf(spec)),
        });
        await this.#publish();
      }),
    remove: (id) =>
      this.#inTurn(async () => {
        if (await this.#forget("identity", id)) await this.#publish();
      }),
  };

  readonly vault: Backend["vault"] = {
    ensure: (vault) =>
      this.#inTurn(async () => {
        await this.#record(vaultLabel, "vault", vault, { name: vault });
        const { reached } = await this.#open();
        await this.#control("PUT", `vaults/${vault}`);
        return `http://${reached.address}:${operatorPort}/${vault}/`;
      }),
    remove: (vault) =>
      this.#inTurn(async () => {
        if (await this.#forget("vault", vault)) await this.#control("DELETE", `vaults/${vault}`);
      }),
    token: async (audience) => issueToken(await this.#key(), owner, audience, Date.now()).token,
  };

  async close(): Promise<void> {
    const opened = await this.#server?.catch(() => undefined);
    this.#server = undefined;
    opened?.agent.destroy();
  }

  // One change after the other: a list made from older records must not come last.
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#turn.then(() => this.#space.ready()).then(work);
    this.#turn = next.catch(() => {});
    return next;
  }

  async #record(label: string, kind: string, id: string, data: Record<string, string>): Promise<void> {
    const map: V1ConfigMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: this.#space.meta(serverName(kind, id), { [label]: "true" }),
      data,
    };
    await this.#space.apply(map);
  }

  /** Whether there was such a record. */
  async #forget(kind: string, id: string): Promise<boolean> {
    const metadata = { name: serverName(kind, id), namespace: this.#space.namespace };
    if ((await found(this.#space.core.readNamespacedConfigMap(metadata))) === undefined) return false;
    await this.#space.delete({ apiVersion: "v1", kind: "ConfigMap", metadata });
    return true;
  }

  async #records(labelSelector: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const { core, namespace } = this.#space;
    const list = await found(core.listNamespacedConfigMap({ namespace, labelSelector }));
    return (list?.items ?? []).map(({ data }) => data ?? {});
  }

  async #accounts(): Promise<readonly string[]> {
    const hosts = (await this.#records(containerLabel)).map(({ domain = "" }) => domain);
    return [...new Set(hosts.map((host) => host.replace(blobSuffix, "")))].sort();
  }

  async #key(): Promise<string> {
    const make = async () => ({ key: randomBytes(32).toString("base64url") });
    const kept = await this.#space.secretOnce(`${name}-owner`, make, { [serverLabel]: name });
    return kept.key ?? "";
  }

  #open(anew = false): Promise<Open> {
    if (this.#server === undefined || anew) {
      this.#server = this.#start().catch((error: unknown) => {
        this.#server = undefined;
        throw error;
      });
    }
    return this.#server;
  }

  async #start(): Promise<Open> {
    const space = this.#space;
    await space.ready();
    const key = await this.#key();
    const accounts = await this.#accounts();
    const reached = await ensureServer(space, this.#kubeconfig, {
      name,
      image: imageRef("cloud"),
      hosts: [loginHost, `*${blobSuffix}`],
      aliases: accounts.map((account) => `${account}${blobSuffix}`),
      port: 443,
      user: 10001,
      command: ["/usr/local/bin/node", "/app/azure.mjs"],
      env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: `${name}-owner`, key: "key" } } }],
      ready: { tcpSocket: { port: operatorPort }, periodSeconds: 1 },
      memory: "512Mi",
      storage: "1Gi",
    });
    const operator: V1Service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: space.meta(`${name}-operator`, { [serverLabel]: name }),
      spec: { selector: { [serverLabel]: name }, ports: [{ port: operatorPort, targetPort: operatorPort }] },
    };
    const { spec } = await space.apply(operator);
    const { host, port, caPem, address } = reached;
    // By name, so that the certificate is checked for it; the name leads to the Service from here too.
    const agent = new Agent({
      ca: caPem,
      lookup: (_host, options, done) =>
        options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4),
    });
    const opened = { reached: { host, port, caPem, address: spec?.clusterIP ?? "" }, key, agent };
    // A pod that is replaced still answers while the next one is not there: told again until the new one knows.
    await whenServing(space, name, () => this.#served());
    await whenServing(space, name, () => this.#publish(opened));
    return opened;
  }

  /** @throws unless the one pod there is serves */
  async #served(): Promise<void> {
    const { core, namespace } = this.#space;
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: `${serverLabel}=${name}` });
    const [pod, ...others] = items;
    const isReady = pod?.status?.conditions?.some(
      ({ type, status }) => type === "Ready" && status === "True",
    );
    if (others.length > 0 || isReady !== true || pod?.metadata?.deletionTimestamp)
      throw new Error("its pod is being replaced");
  }

  /** Tells the directory who may become whom. */
  async #publish(opened?: Open): Promise<void> {
    const known = (await this.#records(identityLabel)).map(({ identity = "{}" }) =>
      identitySchema.parse(JSON.parse(identity)),
    );
    await this.#control("PUT", "accounts", JSON.stringify(await this.#accounts()), opened);
    const issuer = await clusterIssuer(this.#space.config);
    await this.#control("PUT", "directory", JSON.stringify({ issuer, identities: known }), opened);
  }

  async #control(method: string, what: string, body?: string, opened?: Open): Promise<void> {
    const open = opened ?? (await this.#open());
    const asked = { method, host: loginHost, path: `${controlPath}/${what}`, token: open.key };
    const { status, said } = await ask(open, body === undefined ? asked : { ...asked, body });
    if (status !== 200) throw new Error(`the front answers ${method} ${what} with ${status}: ${said}`);
  }

  async #ensureContainer({ name: full, host }: BucketSpec): Promise<void> {
    const before = await this.#accounts();
    await this.#record(containerLabel, "bucket", full, { name: full, domain: host });
    const isNew = !before.includes(host.replace(blobSuffix, ""));
    const { status, said } = await this.#onContainer("PUT", full, host, await this.#open(isNew));
    if (status !== 201 && status !== 409) throw new Error(`container ${full}: ${status} ${said}`);
  }

  async #removeContainer(full: string): Promise<void> {
    const kept = (await this.#records(containerLabel)).find((record) => record.name === full);
    if (kept === undefined) return;
    const { status, said } = await this.#onContainer("DELETE", full, kept.domain ?? "", await this.#open());
    if (status !== 202 && status !== 404) throw new Error(`container ${full}: ${status} ${said}`);
    await this.#forget("bucket", full);
  }

  #onContainer(
    method: string,
    full: string,
    host: string,
    open: Open,
  ): Promise<{ status: number; said: string }> {
    const { token } = issueToken(open.key, owner, storageAudience, Date.now());
    return ask(open, { method, host, path: `/${full.split("/")[1]}?restype=container`, token });
  }
}

function identityOf({ namespace, serviceAccount, principal, buckets }: IdentitySpec): Identity {
  return { namespace, serviceAccount, principal, buckets: [...buckets] };
}
