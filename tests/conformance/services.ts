/** Services as a user has them before Portolan comes: made by hand, with certificates of the cluster's own issuer. */
import { join } from "node:path";
import { execa } from "execa";
import type { Inside } from "../../ops/inside.ts";
import { project } from "../../ops/inside.ts";
import { until } from "../../ops/kube.ts";
import { toolPath } from "../../sandbox/toolchain/index.ts";

export interface Services {
  readonly namespace: string;
  readonly tenantNamespace: string;
  readonly roots: string;
  /** A certificate that signed none of them. */
  readonly wrongRoots: string;
  readonly appKey: string;
}

const names = { namespace: "hospital-services", tenantNamespace: "ward", admin: "portolan-hospital" };
const appKey = "made-by-the-hospital-once-and-kept-in-its-own-vault";

/** Idempotent: a second call answers with what is there. */
export async function makeServices(inside: Inside): Promise<Services> {
  const { kube } = inside;
  await kube.kubectl(["apply", "--server-side", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects() }),
  });
  const [roots, wrongRoots] = await Promise.all([caOf(inside, "services-tls"), caOf(inside, "other-tls")]);
  await installServices(inside);
  return { namespace: names.namespace, tenantNamespace: names.tenantNamespace, roots, wrongRoots, appKey };
}

/** The stack's settings, as `World.set` takes them. */
export function hospitalSettings({
  namespace,
  tenantNamespace,
  roots,
}: Services): [string, string[], unknown][] {
  const host = (service: string) => `data-${service}.${namespace}.svc.cluster.local`;
  const theirs = (key: string) => ({ secretName: "theirs", key });
  const platform = {
    kind: "existing",
    lifecycle: "disposable",
    context: "portolan-sandbox",
    database: { host: host("postgres"), roots, admin: { secretName: "database-admin", key: "password" } },
    redis: { host: host("redis"), roots, isolation: "instance" },
    objectStore: { endpoint: `https://${host("s3")}:7070`, region: "us-east-1", forcePathStyle: true, roots },
  };
  const ward = {
    hosts: ["ward.portolan.test"],
    namespace: tenantNamespace,
    secret: "theirs",
    redis: { password: theirs("redis") },
    objectStore: { bucket: "ward", accessKey: theirs("access-key"), secretKey: theirs("secret-key") },
  };
  return [
    ["platform", [], platform],
    ["secrets", [], { kind: "existing" }],
    ["tenants", [], { ward }],
  ];
}

function objects(): unknown[] {
  const passwords = {
    redis: "a-redis-password-of-theirs",
    "access-key": "ward",
    "secret-key": "an-s3-secret-of-theirs",
  };
  const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const secret = (where: string, name: string, stringData: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: where },
    stringData,
  });
  const certificate = (secretName: string, issuer: { kind: string; name: string }) => ({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: secretName, namespace: names.namespace },
    spec: {
      secretName,
      dnsNames: [`*.${names.namespace}.svc`, `*.${names.namespace}.svc.cluster.local`],
      issuerRef: issuer,
    },
  });
  return [
    namespace(names.namespace),
    namespace(names.tenantNamespace),
    namespace(names.admin),
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name: "self", namespace: names.namespace },
      spec: { selfSigned: {} },
    },
    certificate("services-tls", { kind: "ClusterIssuer", name: "sandbox-ca" }),
    certificate("other-tls", { kind: "Issuer", name: "self" }),
    secret(names.namespace, "database-admin", { password: "an-admin-password-of-theirs" }),
    secret(names.admin, "database-admin", { password: "an-admin-password-of-theirs" }),
    secret(names.namespace, "accounts", passwords),
    secret(names.tenantNamespace, "theirs", { ...passwords, APP_KEY: appKey }),
  ];
}

function caOf({ kube }: Inside, name: string): Promise<string> {
  return until(`the certificate ${name}`, async () => {
    const { data } = await kube.core.readNamespacedSecret({ namespace: names.namespace, name });
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
      bucket: "ward",
    },
  };
  const chart = join(project, "charts", "data-services");
  const args = [
    "upgrade",
    "--install",
    "data",
    chart,
    "--namespace",
    names.namespace,
    "--wait",
    "--timeout",
    "120s",
    "--values",
    "-",
  ];
  await execa(toolPath("helm3") ?? "helm", args, { env: context.env, input: JSON.stringify(values) });
}
