/**
 * The stack's own certificate authority and the one server certificate of its in-cluster services. A wildcard for the
 * services' namespace, because a cell adds servers there but must not hold the authority's key.
 */
import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface ServiceKeys {
  /** The root that signed the certificate. */
  readonly caPem: pulumi.Output<string>;
  /** Digest of the certificate. */
  readonly revision: pulumi.Output<string>;
  /** kubernetes.io/tls Secret in the services' namespace, with ca.crt beside it. */
  readonly secret: k8s.core.v1.Secret;
}

export const tlsSecretName = "services-tls";

/** Ten years for the authority of a disposable stack; a year for the server, renewed by an `up` in its last month. */
const hours = { ca: 87_600, server: 8_760, renewal: 720 };

export function serviceKeys(
  stack: string,
  namespace: pulumi.Output<string>,
  labels: Record<string, string>,
  parent: pulumi.Resource,
): ServiceKeys {
  const key = { algorithm: "ECDSA", ecdsaCurve: "P256" };
  const caKey = new tls.PrivateKey(`${stack}-ca-key`, key, { parent });
  const ca = new tls.SelfSignedCert(
    `${stack}-ca`,
    {
      privateKeyPem: caKey.privateKeyPem,
      isCaCertificate: true,
      subject: { commonName: `Portolan services of ${stack}`, organization: "Portolan" },
      allowedUses: ["cert_signing", "crl_signing"],
      validityPeriodHours: hours.ca,
    },
    { parent },
  );
  const serverKey = new tls.PrivateKey(`${stack}-services-key`, key, { parent });
  const request = new tls.CertRequest(
    `${stack}-services-request`,
    {
      privateKeyPem: serverKey.privateKeyPem,
      subject: { commonName: "in-cluster services" },
      dnsNames: wildcards(stack),
    },
    { parent },
  );
  const certificate = new tls.LocallySignedCert(
    `${stack}-services-certificate`,
    {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: caKey.privateKeyPem,
      caCertPem: ca.certPem,
      allowedUses: ["digital_signature", "server_auth"],
      validityPeriodHours: hours.server,
      earlyRenewalHours: hours.renewal,
    },
    { parent },
  );
  const secret = new k8s.core.v1.Secret(
    `${stack}-services-tls`,
    {
      metadata: { name: tlsSecretName, namespace, labels },
      type: "kubernetes.io/tls",
      stringData: {
        "tls.crt": pulumi.interpolate`${certificate.certPem}${ca.certPem}`,
        "tls.key": serverKey.privateKeyPem,
        "ca.crt": ca.certPem,
      },
    },
    { parent },
  );
  const revision = certificate.certPem.apply((pem) =>
    createHash("sha256").update(pem).digest("hex").slice(0, 16),
  );
  return { caPem: ca.certPem, revision, secret };
}

/** Names under which any Service of the namespace is called. */
function wildcards(stack: string): string[] {
  const domain = `*.portolan-${stack}.svc`;
  return [domain, `${domain}.cluster.local`];
}
