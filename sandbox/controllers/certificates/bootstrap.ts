/** The sandbox's own certificate authority. */
import { hasStatus, type KubeClient } from "../kube/client.ts";
import { issue } from "./issue.ts";
import { keyPem, newKey } from "./keys.ts";
import { certificateSpecSchema } from "./objects.ts";
import { secretData } from "./secret.ts";

const tenYears = 10 * 365 * 24 * 3_600_000;

/** Applies the ClusterIssuer of the same name as the authority's Secret. Throws while its definition is not served. */
export async function ensureClusterIssuer(client: KubeClient, name: string): Promise<void> {
  const path = `/apis/cert-manager.io/v1/clusterissuers/${name}?fieldManager=sandbox-certificates&force=true`;
  const spec = { ca: { secretName: name } };
  const issuer = { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata: { name }, spec };
  await client.request("PATCH", path, issuer, "apply-patch");
}

/**
 * Makes Secret `<namespace>/<name>` with a new authority unless it is there: the authority outlives this process, and
 * with it whatever was told to trust it. Answers whether it was made.
 */
export async function ensureAuthority(client: KubeClient, namespace: string, name: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  try {
    await client.request("GET", `${path}/${name}`);
    return false;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
  const spec = certificateSpecSchema.parse({
    secretName: name,
    issuerRef: { name },
    commonName: "Portolan sandbox CA",
    subject: { organizations: ["Portolan sandbox, trusted nowhere else"] },
    isCA: true,
    usages: ["cert sign", "crl sign", "digital signature"],
    privateKey: { algorithm: "ECDSA" },
  });
  const key = await newKey(spec.privateKey);
  // A minute back: a pod's clock may be a moment behind.
  const notBefore = new Date(Date.now() - 60_000);
  const { certificate } = await issue(
    { ...spec, notBefore, notAfter: new Date(notBefore.getTime() + tenYears) },
    key,
  );
  try {
    await client.request("POST", path, {
      metadata: { name },
      type: "kubernetes.io/tls",
      data: secretData(certificate, keyPem(key, "PKCS8"), certificate),
    });
    return true;
  } catch (error) {
    if (hasStatus(error, 409)) return false;
    throw error;
  }
}
