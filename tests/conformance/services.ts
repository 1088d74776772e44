/**
 * Services as a user has them before Portolan comes, made by hand with certificates of the cluster's own issuer, and
 * a stack of kind `existing` on them.
 */
import { join } from "node:path";
import { execa } from "execa";
import type { Inside } from "../../ops/inside.ts";
import { project } from "../../ops/inside.ts";
import { until } from "../../ops/kube.ts";
import { toolPath } from "../../sandbox/toolchain/index.ts";
import { apply, named, secret } from "./objects.ts";
import type { Setting, TargetFacts } from "./target.ts";

export interface Services {
  readonly roots: string;
  /** A certificate that signed none of them. */
  readonly wrongRoots: string;
}

const namespace = "hospital-services";
/** The keys of the tenants' accounts, in a Secret of the user's own in each tenant's namespace. */
const theirs = "theirs";
/** Slugs that the rules use here; each has a bucket. */
const buckets = ["bhc", "mhr", "newcomer", "east"];
const appKey = "made-by-the-hospital-once-and-kept-in-its-own-vault";
const passwords = {
  redis: "a-redis-password-of-theirs",
  "access-key": "ward",
  "secret-key": "an-s3-secret-of-theirs",
};

export const namespaceOfTheirs = (slug: string) => `theirs-${slug}`;

/**
 * Two tenants on one account of the user's Redis and of its object store: what keeps them apart there is the user's
 * doing, and here names alone. Their database accounts and their network are Portolan's to keep apart.
 */
export function servicesOf(inside: Inside): TargetFacts {
  return {
    name: "existing",
    slugs: ["bhc", "mhr"],
    apart: { redis: "prefix", objectStore: "prefix" },
    settings: async (stack) => {
      await makeAdmin(inside, stack);
      const [bhc, mhr] = [
        await entryOf(inside, "bhc", "portolan.test"),
        await entryOf(inside, "mhr", "portolan.test"),
      ];
      const settings = platformSettings(await makeServices(inside));
      return [...settings, ["tenants", [], { bhc, mhr }]];
    },
    entry: (slug, domain) => entryOf(inside, slug, domain),
    namespace: namespaceOfTheirs,
    keys: { secret: theirs, made: false },
    production: [],
    claims: new RegExp(`^${namespace}$`),
    escrow: async () => "",
  };
}

/** Idempotent: a second call answers with what is there. */
export async function makeServices(inside: Inside): Promise<Services> {
  await apply(inside, serviceObjects());
  const [roots, wrongRoots] = await Promise.all([caOf(inside, "services-tls"), caOf(inside, "other-tls")]);
  await installServices(inside);
  return { roots, wrongRoots };
}

/** Takes all of it away again: it is none of Portolan's. */
export async function removeServices({ kube }: Inside, stacks: readonly string[]): Promise<void> {
  const gone = [namespace, ...buckets.map(namespaceOfTheirs), ...stacks.map(adminNamespace)];
  await kube.kubectl(["delete", "namespace", "--ignore-not-found", ...gone], { timeout: 120_000 });
}

/** The platform and the kind of secrets, as a stack file has them. */
export function platformSettings({ roots }: Pick<Services, "roots">): Setting[] {
  const host = (service: string) => `data-${service}.${namespace}.svc.cluster.local`;
  const platform = {
    kind: "existing",
    lifecycle: "disposable",
    context: "portolan-sandbox",
    database: { host: host("postgres"), roots, admin: { secretName: "database-admin", key: "password" } },
    redis: { host: host("redis"), roots, isolation: "prefix" },
    objectStore: { endpoint: `https://${host("s3")}:7070`, region: "us-east-1", forcePathStyle: true, roots },
  };
  return [
    ["platform", [], platform],
    ["secrets", [], { kind: "existing" }],
  ];
}

async function entryOf(inside: Inside, slug: string, domain: string): Promise<Record<string, unknown>> {
  const tenant = namespaceOfTheirs(slug);
  await apply(inside, [
    named("Namespace", tenant),
    secret(tenant, theirs, { ...passwords, APP_KEY: `${appKey}-${slug}` }),
  ]);
  const ref = (key: string) => ({ secretName: theirs, key });
  return {
    hosts: [`${slug}.${domain}`],
    namespace: tenant,
    secret: theirs,
    redis: { password: ref("redis") },
    objectStore: { bucket: slug, accessKey: ref("access-key"), secretKey: ref("secret-key") },
  };
}

/** Where a stack's jobs that make database accounts run. */
export const adminNamespace = (stack: string) => `portolan-${stack}`;

async function makeAdmin(inside: Inside, stack: string): Promise<void> {
  await apply(inside, [
    named("Namespace", adminNamespace(stack)),
    secret(adminNamespace(stack), "database-admin", { password: "an-admin-password-of-theirs" }),
  ]);
}

function serviceObjects(): object[] {
  const certificate = (secretName: string, issuer: { kind: string; name: string }) => ({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: secretName, namespace },
    spec: {
      secretName,
      dnsNames: [`*.${namespace}.svc`, `*.${namespace}.svc.cluster.local`],
      issuerRef: issuer,
    },
  });
  return [
    named("Namespace", namespace),
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name: "self", namespace },
      spec: { selfSigned: {} },
    },
    certificate("services-tls", { kind: "ClusterIssuer", name: "sandbox-ca" }),
    certificate("other-tls", { kind: "Issuer", name: "self" }),
    secret(namespace, "database-admin", { password: "an-admin-password-of-theirs" }),
    secret(namespace, "accounts", passwords),
  ];
}

function caOf({ kube }: Inside, name: string): Promise<string> {
  return until(`the certificate ${name}`, async () => {
    const { data } = await kube.core.readNamespacedSecret({ namespace, name });
    return data?.["ca.crt"] ? Buffer.from(data["ca.crt"], "base64").toString() : undefined;
  });
}

async function installServices({ context, run }: Inside): Promise<void> {
  const tls = { secretName: "services-tls" };
  const image = (name: string) => {
    const reference = run.images[name] ?? "";
    const colon = reference.lastIndexOf(":");
    return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  };
  const values = {
    disposable: true,
    postgres: {
      enabled: true,
      image: image("postgres"),
      storage: { size: "1Gi" },
      tls,
      adminSecret: { name: "database-admin" },
    },
    redis: {
      enabled: true,
      image: image("redis"),
      storage: { size: "1Gi" },
      tls,
      existingSecret: "accounts",
      key: "redis",
    },
    objectStore: {
      enabled: true,
      image: image("s3"),
      storage: { size: "1Gi" },
      tls,
      existingSecret: "accounts",
      bucket: buckets[0],
      buckets,
    },
  };
  const chart = join(project, "charts", "data-services");
  const args = [
    "upgrade",
    "--install",
    "data",
    chart,
    "--namespace",
    namespace,
    "--wait",
    "--timeout",
    "120s",
    "--values",
    "-",
  ];
  await execa(toolPath("helm3") ?? "helm", args, { env: context.env, input: JSON.stringify(values) });
}
