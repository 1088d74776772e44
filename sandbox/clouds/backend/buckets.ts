/** Buckets: one real S3 server for each region's host, with an account for each identity and a policy on each bucket. */
import { randomBytes } from "node:crypto";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { imageRef } from "../../images/recipes.ts";
import type { BucketSpec } from "../core/backend.ts";
import { type Account, Gateway } from "./gateway.ts";
import { serverName } from "./naming.ts";
import { type CloudSpace, serverLabel } from "./objects.ts";
import { ensureServer, removeServer, whenServing } from "./server.ts";

const start = `set -eu
mkdir -p /data/buckets /data/metadata /data/versions /data/accounts
exec versitygw --port :443 --cert /tls/tls.crt --key /tls/tls.key --health /health --quiet \\
  --iam-dir /data/accounts --iam-cache-disable --virtual-domain "$DOMAIN" --region "$REGION" \\
  posix --sidecar /data/metadata --versioning-dir /data/versions /data/buckets
`;

/** On the ConfigMaps that say which bucket is served where; another process has to find it too. */
const bucketLabel = "portolan.dev/cloud-bucket";

/** The host that serves a bucket: the bucket's name may come first in it, as clients put it there. */
export function bucketDomain({ name, host }: BucketSpec): string {
  return host.startsWith(`${name}.`) ? host.slice(name.length + 1) : host;
}

/** The region in the host, e.g. of `s3.eu-central-1.amazonaws.com`; a signature is good for one region only. */
export function regionOf(domain: string): string {
  return /^s3[.-]([a-z0-9-]+)\.amazonaws\./.exec(domain)?.[1] ?? "us-east-1";
}

/**
 * The policy that lets these accounts, and nobody else, use a bucket as an application does. `undefined` without any:
 * then only the cloud itself may.
 */
export function bucketPolicy(bucket: string, accounts: readonly Account[]): string | undefined {
  if (accounts.length === 0) return undefined;
  const principals = { AWS: accounts.map(({ accessKey }) => accessKey).sort() };
  const allow = (actions: readonly string[], resource: string) => ({
    Effect: "Allow",
    Principal: principals,
    Action: actions.map((action) => `s3:${action}`),
    Resource: [resource],
  });
  const whole = ["ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"];
  const objects = [
    "GetObject",
    "PutObject",
    "DeleteObject",
    "AbortMultipartUpload",
    "ListMultipartUploadParts",
  ];
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [allow(whole, `arn:aws:s3:::${bucket}`), allow(objects, `arn:aws:s3:::${bucket}/*`)],
  });
}

/** All S3 servers of a cloud, and which of them holds which bucket. */
export class Buckets {
  readonly #space: CloudSpace;
  readonly #kubeconfig: string;
  readonly #gateways = new Map<string, Promise<Gateway>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(space: CloudSpace, kubeconfig: string) {
    this.#space = space;
    this.#kubeconfig = kubeconfig;
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
    for (const account of accounts) await gateway.ensureAccount(account);
    await gateway.setPolicy(name, bucketPolicy(name, accounts));
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

  async #of(name: string): Promise<Gateway | undefined> {
    const domain = (await this.#domains()).get(name);
    return domain === undefined ? undefined : this.#gateway(domain);
  }

  /** The server of a domain; `anew` when its buckets, and so its names, have changed. One change after the other. */
  #gateway(domain: string, anew = false): Promise<Gateway> {
    const known = this.#gateways.get(domain);
    if (known !== undefined && !anew) return known;
    const opened = this.#turn.then(() => this.#open(domain, known));
    this.#turn = opened.catch(() => this.#gateways.delete(domain));
    this.#gateways.set(domain, opened);
    return opened;
  }

  async #open(domain: string, known: Promise<Gateway> | undefined): Promise<Gateway> {
    const name = serverName("s3", domain);
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
    const region = regionOf(domain);
    const key = (from: string) => ({ valueFrom: { secretKeyRef: { name: `${name}-owner`, key: from } } });
    const reached = await ensureServer(this.#space, this.#kubeconfig, {
      name,
      image: imageRef("s3"),
      hosts: [domain, `*.${domain}`],
      aliases: buckets.map(([bucket]) => `${bucket}.${domain}`),
      port: 443,
      user: 10001,
      command: ["/bin/sh", "-c", start],
      env: [
        { name: "DOMAIN", value: domain },
        { name: "REGION", value: region },
        { name: "ROOT_ACCESS_KEY", ...key("accessKey") },
        { name: "ROOT_SECRET_KEY", ...key("secretKey") },
      ],
      ready: { tcpSocket: { port: 443 }, periodSeconds: 2 },
      memory: "256Mi",
      storage: "1Gi",
    });
    const before = await known?.catch(() => undefined);
    // Others may be at work on its connections.
    const gateway = before?.isAt(reached) === true ? before : new Gateway(reached, region, account);
    await whenServing(this.#space, name, () => gateway.exists("nothing-yet"));
    return gateway;
  }

  async #removeGateway(domain: string): Promise<void> {
    (await this.#gateways.get(domain)?.catch(() => undefined))?.close();
    this.#gateways.delete(domain);
    await removeServer(this.#space, this.#kubeconfig, serverName("s3", domain));
  }
}
