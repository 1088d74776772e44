/** Buckets: one real server for each host of theirs, with an account for each identity and a policy on each bucket. */
import { randomBytes } from "node:crypto";
import type { V1ConfigMap } from "@kubernetes/client-node";
import type { BucketSpec } from "../core/backend.ts";
import type { Account, ObjectServer } from "./gateway.ts";
import { serverName } from "./naming.ts";
import { type CloudSpace, serverLabel } from "./objects.ts";
import { ensureServer, removeServer, whenServing } from "./server.ts";
import { regionOf, type Store, stores } from "./stores.ts";

/** On the ConfigMaps that say which bucket is served where; another process has to find it too. */
const bucketLabel = "portolan.dev/cloud-bucket";

/** The host that serves a bucket: the bucket's name may come first in it, as clients put it there. */
export function bucketDomain({ name, host }: BucketSpec): string {
  return host.startsWith(`${name}.`) ? host.slice(name.length + 1) : host;
}

/** All servers of a cloud's buckets, and which of them holds which bucket. */
export class Buckets {
  readonly #space: CloudSpace;
  readonly #kubeconfig: string;
  readonly #store: Store;
  readonly #gateways = new Map<string, Promise<ObjectServer>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(space: CloudSpace, kubeconfig: string) {
    this.#space = space;
    this.#kubeconfig = kubeconfig;
    this.#store = stores[space.cloud];
  }

  async ensure(spec: BucketSpec): Promise<void> {
    const domain = bucketDomain(spec);
    const record: V1ConfigMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: this.#space.meta(serverName("bucket", spec.name), { [bucketLabel]: "true" }),
      data: { name: spec.name, domain },
    };
    await this.#space.apply(record);
    const gateway = await this.#gateway(domain, true);
    await gateway.ensure(spec.name);
  }

  async remove(name: string): Promise<void> {
    const domain = (await this.#domains()).get(name);
    if (domain === undefined) return;
    await (await this.#gateway(domain)).remove(name);
    const metadata = { name: serverName("bucket", name), namespace: this.#space.namespace };
    await this.#space.delete({ apiVersion: "v1", kind: "ConfigMap", metadata });
    const left = [...(await this.#domains()).values()].includes(domain);
    if (left) await this.#gateway(domain, true);
    else await this.#removeGateway(domain);
  }

  async isEmpty(name: string): Promise<boolean> {
    const gateway = await this.#of(name);
    return gateway === undefined || (await gateway.contents(name)).length === 0;
  }

  async empty(name: string): Promise<void> {
    await (await this.#of(name))?.empty(name);
  }

  /** Makes these accounts, and nobody else, users of the bucket. A bucket that is not there yet is no error. */
  async setUsers(name: string, accounts: readonly Account[]): Promise<void> {
    const gateway = await this.#of(name);
    if (gateway === undefined || !(await gateway.exists(name))) return;
    await gateway.setUsers(name, accounts);
  }

  /** The region of the first of these buckets that there is. */
  async regionOf(names: readonly string[]): Promise<string | undefined> {
    const domains = await this.#domains();
    const [domain] = names.flatMap((name) => domains.get(name) ?? []);
    return domain === undefined ? undefined : regionOf(domain);
  }

  /** The account's keys are no longer good anywhere. */
  async removeAccount(accessKey: string): Promise<void> {
    for (const domain of new Set((await this.#domains()).values())) {
      await (await this.#gateway(domain)).removeAccount(accessKey);
    }
  }

  async close(): Promise<void> {
    const gateways = await Promise.allSettled(this.#gateways.values());
    this.#gateways.clear();
    for (const gateway of gateways) if (gateway.status === "fulfilled") gateway.value.close();
  }

  async #domains(): Promise<ReadonlyMap<string, string>> {
    const { core, namespace } = this.#space;
    const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: bucketLabel });
    return new Map(items.map(({ data }) => [data?.name ?? "", data?.domain ?? ""]));
  }

  async #of(name: string): Promise<ObjectServer | undefined> {
    const domain = (await this.#domains()).get(name);
    return domain === undefined ? undefined : this.#gateway(domain);
  }

  /** The server of a domain; `anew` when its buckets, and so its names, have changed. One change after the other. */
  #gateway(domain: string, anew = false): Promise<ObjectServer> {
    const known = this.#gateways.get(domain);
    if (known !== undefined && !anew) return known;
    const opened = this.#turn.then(() => this.#open(domain, known));
    this.#turn = opened.catch(() => this.#gateways.delete(domain));
    this.#gateways.set(domain, opened);
    return opened;
  }

  async #open(domain: string, known: Promise<ObjectServer> | undefined): Promise<ObjectServer> {
    const name = serverName(this.#store.prefix, domain);
    const owner = await this.#space.secretOnce(
      `${name}-owner`,
      async () => ({
        accessKey: "cloud-owner",
        secretKey: randomBytes(24).toString("base64url"),
      }),
      { [serverLabel]: name },
    );
    const account = { accessKey: owner.accessKey ?? "", secretKey: owner.secretKey ?? "" };
    const buckets = [...(await this.#domains())].filter(([, served]) => served === domain);
    const reached = await ensureServer(this.#space, this.#kubeconfig, {
      name,
      ...this.#store.server(domain, `${name}-owner`),
      hosts: [domain, `*.${domain}`],
      aliases: buckets.map(([bucket]) => `${bucket}.${domain}`),
      port: 443,
      user: 10001,
      ready: { tcpSocket: { port: 443 }, periodSeconds: 2 },
      memory: "256Mi",
      storage: "1Gi",
    });
    const before = await known?.catch(() => undefined);
    // Others may be at work on its connections.
    const gateway = before?.isAt(reached) === true ? before : this.#store.open(reached, domain, account);
    await whenServing(this.#space, name, () => gateway.exists("nothing-yet"));
    return gateway;
  }

  async #removeGateway(domain: string): Promise<void> {
    (await this.#gateways.get(domain)?.catch(() => undefined))?.close();
    this.#gateways.delete(domain);
    await removeServer(this.#space, this.#kubeconfig, serverName(this.#store.prefix, domain));
  }
}
