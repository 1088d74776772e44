/** Who may sign: Issuers and ClusterIssuers of the kinds `ca` and `selfSigned`, and `acme` by the sandbox's own authority. */
import { X509Certificate } from "node:crypto";
import { type Secret, secretText } from "../kube/objects.ts";
import { type Authority, splitChain } from "./issue.ts";
import { readKey } from "./keys.ts";
import type { Issuer, IssuerRef } from "./objects.ts";

/** A reason in one CamelCase word and a message, as conditions have them. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
}

export type Signer =
  | { readonly kind: "self" }
  | { readonly kind: "authority"; readonly authority: Authority }
  | ({ readonly kind: "trouble" } & Trouble);

/** Name of the authority's ClusterIssuer and of its Secret; see bootstrap.ts. */
const sandboxAuthority = "sandbox-ca";

const trouble = (reason: string, message: string): Signer => ({ kind: "trouble", reason, message });

/** What an issuer signs with. A ClusterIssuer's Secret is in `clusterNamespace`. */
export function signerOf(issuer: Issuer, secrets: readonly Secret[], clusterNamespace: string): Signer {
  const { selfSigned, acme } = issuer.spec;
  // No authority out there can be asked from a sandbox: its own stands in, without a challenge.
  const ca = acme === undefined ? issuer.spec.ca : { secretName: sandboxAuthority };
  if (ca === undefined && selfSigned !== undefined) return { kind: "self" };
  if (ca === undefined) {
    const kinds = Object.keys(issuer.spec).join(", ");
    return trouble(
      "NotSupported",
      `issuer kind "${kinds}" is unknown to the sandbox; known are ca, selfSigned and acme`,
    );
  }
  const isCluster = issuer.metadata.namespace === "" || acme !== undefined;
  const namespace = isCluster ? clusterNamespace : issuer.metadata.namespace;
  const name = `${namespace}/${ca.secretName}`;
  const secret = secrets.find((s) => s.metadata.namespace === namespace && s.metadata.name === ca.secretName);
  if (secret === undefined) return trouble("ErrGetKeyPair", `Secret "${name}" does not exist`);
  const chain = splitChain(secretText(secret, "tls.crt") ?? "");
  const key = readKey(secretText(secret, "tls.key") ?? "");
  const [own] = chain;
  if (own === undefined || key === undefined) {
    return trouble("ErrInvalidKeyPair", `Secret "${name}" lacks a usable tls.crt or tls.key`);
  }
  const certificate = new X509Certificate(own);
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    return trouble("ErrInvalidKeyPair", `Secret "${name}" holds no certificate authority with its key`);
  }
  return { kind: "authority", authority: { chain, key } };
}

/** The signer that a Certificate of this namespace refers to. */
export function signerFor(
  ref: IssuerRef,
  namespace: string,
  issuers: readonly Issuer[],
  secrets: readonly Secret[],
  clusterNamespace: string,
): Signer {
  if (ref.group !== "cert-manager.io" || (ref.kind !== "Issuer" && ref.kind !== "ClusterIssuer")) {
    return trouble(
      "IssuerNotFound",
      `issuerRef ${ref.group}/${ref.kind} is unknown; known kinds are Issuer and ClusterIssuer`,
    );
  }
  const where = ref.kind === "Issuer" ? namespace : "";
  const issuer = issuers.find((i) => i.metadata.name === ref.name && i.metadata.namespace === where);
  if (issuer !== undefined) return signerOf(issuer, secrets, clusterNamespace);
  const others = issuers.filter((i) => i.metadata.namespace === where).map((i) => i.metadata.name);
  const have = others.length === 0 ? "there is none" : `there is ${others.sort().join(", ")}`;
  const place = where === "" ? "" : ` in namespace "${where}"`;
  return trouble("IssuerNotFound", `${ref.kind} "${ref.name}" does not exist${place}; ${have}`);
}
