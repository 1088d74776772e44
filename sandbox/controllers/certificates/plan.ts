/** Whether a Secret still is what its Certificate asks for: pure. */
import { createHash, X509Certificate } from "node:crypto";
import { type Secret, secretText } from "../kube/objects.ts";
import { fits, readKey } from "./keys.ts";
import type { CertificateSpec } from "./objects.ts";

/** On each Secret we write: what was asked, of whom, when it was issued. */
export const requestAnnotation = "sandbox.portolan.dev/request";

/** Changes whenever something that goes into the certificate, or the authority that signs it, changes. */
export function requestHash(spec: CertificateSpec, authorityPem: string | undefined): string {
  const { secretName: _, secretTemplate: __, renewBefore: ___, revisionHistoryLimit: ____, ...asked } = spec;
  return createHash("sha256")
    .update(JSON.stringify([asked, authorityPem ?? "self"]))
    .digest("hex")
    .slice(0, 32);
}

/** When to renew: `renewBefore` ahead of the end, by default (and where it is not shorter than the life) a third. */
export function renewalTime(notBefore: Date, notAfter: Date, renewBefore: number | undefined): Date {
  const life = notAfter.getTime() - notBefore.getTime();
  const ahead = renewBefore !== undefined && renewBefore < life ? renewBefore : Math.floor(life / 3);
  return new Date(notAfter.getTime() - ahead);
}

export type Plan =
  | { readonly kind: "keep"; readonly notBefore: Date; readonly notAfter: Date; readonly renewal: Date }
  | { readonly kind: "issue"; readonly reason: string; readonly message: string };

/** Keeps a Secret that is right until its renewal time; otherwise says why it must be issued. */
export function planCertificate(
  spec: CertificateSpec,
  hash: string,
  secret: Secret | undefined,
  now: Date,
): Plan {
  const again = (reason: string, message: string): Plan => ({ kind: "issue", reason, message });
  if (secret === undefined) return again("DoesNotExist", `Secret "${spec.secretName}" does not exist`);
  const key = readKey(secretText(secret, "tls.key") ?? "");
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(secretText(secret, "tls.crt") ?? "");
  } catch {
    return again("InvalidCertificate", `Secret "${spec.secretName}" holds no certificate`);
  }
  if (key === undefined || !certificate.checkPrivateKey(key) || !fits(key, spec.privateKey)) {
    return again("InvalidKeyPair", `the key in Secret "${spec.secretName}" is not the one asked for`);
  }
  if (secret.metadata.annotations[requestAnnotation] !== hash) {
    return again("SecretMismatch", "the specification or the issuer has changed");
  }
  const notBefore = new Date(certificate.validFrom);
  const notAfter = new Date(certificate.validTo);
  const renewal = renewalTime(notBefore, notAfter, spec.renewBefore);
  if (renewal <= now)
    return again("Renewing", `the certificate is due for renewal since ${renewal.toISOString()}`);
  return { kind: "keep", notBefore, notAfter, renewal };
}
