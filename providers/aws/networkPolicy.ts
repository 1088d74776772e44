/** NetworkPolicies, which Auto Mode takes and does not act on until it is told to. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Switches their controller on (EKS user guide, "Use Network Policies with EKS Auto Mode"). In a cluster that the platform
 * made: kube-system of another is its owner's. One that is there already is taken over, other keys of it stay.
 */
export function policyController(
  name: string,
  labels: Readonly<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.core.v1.ConfigMap(
    `${name}-network-policy`,
    {
      metadata: { name: "amazon-vpc-cni", namespace: "kube-system", labels: { ...labels } },
      data: { "enable-network-policy-controller": "true" },
    },
    opts,
  );
}
