/** TLS Secrets as certificates that nginx can use. */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import type { Secret } from "../kube/objects.ts";
import { secretText } from "../kube/objects.ts";
import { Refusal } from "./claims.ts";
import type { CertificateLookup } from "./model.ts";

/** PEM texts by certificate name; the name is a hash of both, so a new certificate has a new name. */
export type CertificateFiles = Map<string, { readonly certificate: string; readonly key: string }>;

/** Throws `Refusal` unless the key belongs to the first certificate and nginx could load both. */
function requirePair(name: string, certificate: string, key: string): void {
  try {
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      throw new Error("the key does not belong to the certificate");
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal("BadCertificate", `Secret ${name}: ${why}; make it anew`, true);
  }
}

/** A lookup over the watched Secrets that collects the files it named into `files`. */
export function certificateLookup(secrets: readonly Secret[], files: CertificateFiles): CertificateLookup {
  return (namespace, secretName) => {
    const name = `${namespace}/${secretName}`;
    const secret = secrets.find((s) => s.metadata.namespace === namespace && s.metadata.name === secretName);
    if (secret === undefined) throw new Refusal("SecretMissing", `TLS Secret ${name} does not exist`, true);
    const certificate = secretText(secret, "tls.crt") ?? "";
    const key = secretText(secret, "tls.key") ?? "";
    const id = createHash("sha256").update(`${certificate}\n${key}`).digest("hex").slice(0, 20);
    if (!files.has(id)) {
      requirePair(name, certificate, key);
      files.set(id, { certificate, key });
    }
    return id;
  };
}
