/** The certificate authority of one simulated cloud, and the certificates of its servers. */
import { createHash, X509Certificate } from "node:crypto";
import type { V1ConfigMap, V1Secret } from "@kubernetes/client-node";
import { type Authority, type CertificateRequest, issue } from "../../controllers/certificates/issue.ts";
import { keyPem, newKey, readKey } from "../../controllers/certificates/keys.ts";
import type { CloudSpace } from "./objects.ts";

const day = 24 * 3600 * 1000;
const keySpec = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" } as const;

/** Names of the Secret with the authority's key and of the ConfigMap with its certificate (key `ca.crt`). */
export const authoritySecret = "authority";
export const rootsConfigMap = "roots";

function request(part: Partial<CertificateRequest>, days: number): CertificateRequest {
  return {
    commonName: undefined,
    subject: { organizations: ["Portolan sandbox"] },
    dnsNames: [],
    ipAddresses: [],
    uris: [],
    emailAddresses: [],
    usages: [],
    isCA: false,
    // Clocks of pods and of the node are the same one, but a second of it may already have been written down.
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + days * day),
    ...part,
  };
}

/** The cloud's authority; made at the first call, and the same one ever after. */
export async function authority(space: CloudSpace): Promise<Authority & { readonly pem: string }> {
  const made = await space.secretOnce(authoritySecret, async () => {
    const key = await newKey(keySpec);
    const { certificate } = await issue(
      request({ commonName: `Simulated ${space.cloud} roots`, isCA: true, usages: ["cert sign"] }, 3650),
      key,
    );
    return { "ca.crt": certificate, "ca.key": keyPem(key, "PKCS8") };
  });
  const pem = made["ca.crt"];
  const key = readKey(made["ca.key"] ?? "");
  if (pem === undefined || key === undefined) {
    throw new Error(
      `Secret ${space.namespace}/${authoritySecret} holds no authority; delete namespace ${space.namespace}`,
    );
  }
  const roots: V1ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: space.meta(rootsConfigMap),
    data: { "ca.crt": pem },
  };
  await space.apply(roots);
  return { chain: [pem], key, pem };
}

/** Whether a certificate is for these names and will be for a month. */
export function stillFits(
  pem: string,
  hosts: readonly string[],
  root: string,
  addresses: readonly string[] = [],
): boolean {
  const certificate = new X509Certificate(pem);
  return (
    hosts.every((host) => certificate.checkHost(host.replace("*", "any")) !== undefined) &&
    addresses.every((address) => certificate.checkIP(address) !== undefined) &&
    new Date(certificate.validTo).getTime() > Date.now() + 30 * day &&
    certificate.verify(new X509Certificate(root).publicKey)
  );
}

/**
 * The Secret `name` (tls.crt, tls.key, ca.crt) with a certificate for `hosts` and `addresses`, issued anew when they change.
 * Answers a short text that changes with the certificate, and the root to verify it by.
 */
export async function serverCertificate(
  space: CloudSpace,
  name: string,
  hosts: readonly string[],
  labels: Readonly<Record<string, string>>,
  addresses: readonly string[] = [],
): Promise<{ readonly revision: string; readonly pem: string }> {
  const signer = await authority(space);
  const kept = (await space.secret(name))?.["tls.crt"];
  const certificate =
    kept !== undefined && stillFits(kept, hosts, signer.pem, addresses)
      ? kept
      : await renew(space, name, { hosts, addresses }, labels, signer);
  return {
    revision: createHash("sha256").update(certificate).digest("hex").slice(0, 12),
    pem: signer.pem,
  };
}

async function renew(
  space: CloudSpace,
  name: string,
  { hosts, addresses }: { readonly hosts: readonly string[]; readonly addresses: readonly string[] },
  labels: Readonly<Record<string, string>>,
  signer: Authority & { readonly pem: string },
): Promise<string> {
  const key = await newKey(keySpec);
  const usages: CertificateRequest["usages"] = ["digital signature", "key encipherment", "server auth"];
  const { certificate } = await issue(
    request({ dnsNames: [...hosts], ipAddresses: [...addresses], usages }, 365),
    key,
    signer,
  );
  const secret: V1Secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: space.meta(name, labels),
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": certificate, "tls.key": keyPem(key, "PKCS8"), "ca.crt": signer.pem },
  };
  await space.apply(secret);
  return certificate;
}
