/** What may talk to a tenant's pods, and to whom they may talk. One policy for the whole namespace. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { WorkloadIdentity } from "../providers/platform.ts";

export interface TenantNetworkPolicyArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  /** Namespace of the ingress controller. */
  readonly edgeNamespace: string;
  /** Namespace of what tenants share. */
  readonly servicesNamespace: string;
  /** TCP ports the tenant may call anywhere. */
  readonly ports: readonly number[];
  /** Where its pods ask for their identity. */
  readonly identity: NonNullable<WorkloadIdentity["endpoints"]>;
}

export class TenantNetworkPolicy extends pulumi.ComponentResource {
  readonly policy: k8s.networking.v1.NetworkPolicy;

  constructor(name: string, args: TenantNetworkPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:TenantNetworkPolicy", name, {}, opts);
    this.policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-default`,
      {
        metadata: { name: "tenant", namespace: args.namespace, labels: args.labels },
        spec: tenantPolicy(args.edgeNamespace, args.servicesNamespace, args.ports, args.identity),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/**
 * In: the namespace itself and the edge. Out: the namespace itself, name resolution, what the tenants share, and the
 * given ports of any address, since services of the user's own may be anywhere, and where pods get their identity.
 * Another tenant's pods are closed by that tenant's own policy.
 */
export function tenantPolicy(
  edgeNamespace: string,
  servicesNamespace: string,
  ports: readonly number[],
  identity: TenantNetworkPolicyArgs["identity"] = [],
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
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
      { ports: ports.map((port) => ({ protocol: "TCP", port })) },
      ...identity.map(({ cidr, port }) => ({
        to: [{ ipBlock: { cidr } }],
        ports: [{ protocol: "TCP", port }],
      })),
    ],
  };
}
