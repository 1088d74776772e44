/** The Secret that a Certificate asks for, in full: applied on the server, so that what is no longer asked for goes. */
import { createHash } from "node:crypto";
import type { Secret } from "../kube/objects.ts";
import type { CertificateSpec } from "./objects.ts";
import { requestAnnotation } from "./plan.ts";

/** Changes with the parts of a spec that only name or label the Secret. */
export const templateAnnotation = "sandbox.portolan.dev/template";

export function templateHash(spec: CertificateSpec): string {
  return createHash("sha256").update(JSON.stringify(spec.secretTemplate)).digest("hex").slice(0, 32);
}

/** Values of a kubernetes.io/tls Secret, base64 as in the API. */
export interface SecretData {
  readonly "tls.crt": string;
  readonly "tls.key": string;
  readonly "ca.crt": string;
}

/** Base64 of PEM texts. */
export function secretData(chain: string, key: string, root: string): SecretData {
  const encode = (text: string) => Buffer.from(text).toString("base64");
  return { "tls.crt": encode(chain), "tls.key": encode(key), "ca.crt": encode(root) };
}

/** What a Secret of ours holds now; empty where it lacks a key. */
export function presentData(secret: Secret): SecretData {
  const { "tls.crt": crt = "", "tls.key": key = "", "ca.crt": ca = "" } = secret.data;
  return { "tls.crt": crt, "tls.key": key, "ca.crt": ca };
}

/** The manifest. It has no owner: as with cert-manager, the Secret stays when its Certificate goes. */
export function secretManifest(
  namespace: string,
  certificateName: string,
  spec: CertificateSpec,
  request: string,
  data: SecretData,
): object {
  const { issuerRef, secretTemplate } = spec;
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: {
      name: spec.secretName,
      namespace,
      labels: { ...secretTemplate.labels, "controller.cert-manager.io/fao": "true" },
      annotations: {
        ...secretTemplate.annotations,
        "cert-manager.io/certificate-name": certificateName,
        "cert-manager.io/issuer-name": issuerRef.name,
        "cert-manager.io/issuer-kind": issuerRef.kind,
        "cert-manager.io/issuer-group": issuerRef.group,
        "cert-manager.io/common-name": spec.commonName ?? "",
        "cert-manager.io/alt-names": spec.dnsNames.join(","),
        "cert-manager.io/ip-sans": spec.ipAddresses.join(","),
        "cert-manager.io/uri-sans": spec.uris.join(","),
        [requestAnnotation]: request,
        [templateAnnotation]: templateHash(spec),
      },
    },
    data,
  };
}
