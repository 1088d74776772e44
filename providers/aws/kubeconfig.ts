/** The way into the cluster, for whoever has credentials of AWS. */
export interface KubeconfigParts {
  readonly name: string;
  readonly region: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

/** As JSON, which is YAML. Holds no credentials: `aws` gets a token that lasts minutes for whoever runs it. */
export function kubeconfigOf({ name, region, endpoint, certificateAuthority }: KubeconfigParts): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: endpoint, "certificate-authority-data": certificateAuthority } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: ["eks", "get-token", "--cluster-name", name, "--region", region],
            interactiveMode: "Never",
          },
        },
      },
    ],
  });
}
