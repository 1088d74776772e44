import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 24 * 3600 * 1000;
const LIFETIME = 3650 * DAY;

/** One certificate of the cluster. Its files are `<file>.crt` and `<file>.key`. */
export interface CertificateSpec {
  file: string;
  commonName: string;
  /** Kubernetes group. */
  organization?: string;
  /** DNS names and IP addresses. */
  names?: readonly string[];
  issuer: "ca" | "front-proxy-ca";
}

/** Every certificate a cluster needs; the API server's and the kubelet's names depend on the node's address. */
export function certificateSpecs(addresses: {
  node: string;
  service: string;
  nodeName: string;
}): CertificateSpec[] {
  const user = (file: string, commonName: string, organization?: string): CertificateSpec => ({
    file,
    commonName,
    ...(organization === undefined ? {} : { organization }),
    issuer: "ca",
  });
  const local = ["localhost", "127.0.0.1", addresses.node];
  return [
    {
      ...user("apiserver", "kube-apiserver"),
      names: [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        addresses.service,
        ...local,
      ],
    },
    { ...user("etcd", "etcd"), names: local },
    {
      ...user("kubelet", `system:node:${addresses.nodeName}`, "system:nodes"),
      names: [addresses.nodeName, ...local],
    },
    {
      ...user("metrics-server", "system:metrics-server"),
      names: ["metrics-server.kube-system.svc", ...local],
    },
    user("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "system:masters"),
    user("admin", "portolan-sandbox-admin", "system:masters"),
    user("controller-manager", "system:kube-controller-manager"),
    user("scheduler", "system:kube-scheduler"),
    user("kube-proxy", "system:kube-proxy"),
    user("coredns", "system:coredns"),
    user("local-path-provisioner", "system:local-path-provisioner"),
    { file: "front-proxy-client", commonName: "front-proxy-client", issuer: "front-proxy-ca" },
  ];
}

/**
 * Makes the certificates in `folder`, or keeps those made before for the same list: a cluster that is started
 * again keeps its kubeconfig.
 */
export async function ensureCertificates(folder: string, specs: readonly CertificateSpec[]): Promise<void> {
  const stamp = join(folder, "made-for");
  const wanted = createHash("sha256").update(JSON.stringify(specs)).digest("hex");
  if (existsSync(stamp)) {
    const [hash, until] = readFileSync(stamp, "utf8").split(" ");
    if (hash === wanted && Number(until) > Date.now() + 30 * DAY) return;
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Loaded only here: the library takes a quarter of a second, and most starts find their keys.
  const { makeCertificates } = await import("./certificates.ts");
  const notAfter = new Date(Date.now() + LIFETIME);
  await makeCertificates(folder, specs, notAfter);
  writeFileSync(stamp, `${wanted} ${notAfter.getTime()}`);
}
