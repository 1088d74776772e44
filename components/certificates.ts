/**
 * A tenant's certificate. It stands beside the release, not in it: a reinstalled release must not ask the certificate
 * authority again (public ones count), and every chart is served alike.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface TenantCertificateArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  readonly hosts: readonly string[];
  /** ClusterIssuer of cert-manager. */
  readonly issuer: string;
}

/** Secret that cert-manager fills with tls.crt, tls.key and, where the issuer has one, ca.crt. */
export const certificateSecretName = "edge-tls";

export class TenantCertificate extends pulumi.ComponentResource {
  readonly certificate: k8s.apiextensions.CustomResource;

  constructor(name: string, args: TenantCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:TenantCertificate", name, {}, opts);
    this.certificate = new k8s.apiextensions.CustomResource(
      `${name}-certificate`,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: {
          name: "edge",
          namespace: args.namespace,
          labels: args.labels,
          // Without it a preview would say "created" of a certificate that was never issued.
          annotations: { "pulumi.com/waitFor": "condition=Ready" },
        },
        spec: {
          secretName: certificateSecretName,
          dnsNames: [...args.hosts],
          issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: args.issuer },
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
