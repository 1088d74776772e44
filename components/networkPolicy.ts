/** What may talk to a tenant's pods, and to whom they may talk. One policy for the whole namespace. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface TenantNetworkPolicyArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  /** Namespace of the ingress controller. */
  readonly edgeNamespace: string;
  /** Namespace of what tenants share. */
  readonly servicesNamespace: string;
}

export class TenantNetworkPolicy extends pulumi.ComponentResource {
  constructor(name: string, args: TenantNetworkPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:TenantNetworkPolicy", name, {}, opts);
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default`,
      {
        metadata: { name: "tenant", namespace: args.namespace, labels: args.labels },
        spec: tenantPolicy(args.edgeNamespace, args.servicesNamespace),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/**
 * In: the namespace itself and the edge. Out: the namespace itself, name resolution, the shared services, and
 * addresses that no pod has by right of being outside: another tenant's pods are closed by that tenant's own policy,
 * but private ranges are left out here too, save for what the platform shares, unless a service of the user's own
 * (database, Redis, object store) stands there on its usual port.
 */
export function tenantPolicy(
  edgeNamespace: string,
  servicesNamespace: string,
): k8s.types.input.networking.v1.NetworkPolicySpec {
  const namespaceNamed = (name: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
  });
  return {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: {} }, namespaceNamed(edgeNamespace)] }],
    egress: [
      { to: [{ podSelector: {} }, namespaceNamed(servicesNamespace)] },
      {
        to: [{ namespaceSelector: {} }, { ipBlock: { cidr: "0.0.0.0/0" } }],
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0" } }],
        ports: [443, 5432, 6379, 6380, 10000].map((port) => ({ protocol: "TCP", port })),
      },
    ],
  };
}
