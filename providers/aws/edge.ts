/** The way in: the shared add-ons behind a Network Load Balancer, which the cluster makes in Auto Mode. */
import * as pulumi from "@pulumi/pulumi";
import { edgeAddons } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import type { Network } from "./network.ts";
import type { Scope } from "./scope.ts";

/** `parent`: what carries the cluster's provider. `dependsOn`: what the edge must go before. */
export function edge(
  scope: Scope,
  request: CloudRequest,
  within: Network,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: pulumi.Resource[] },
): { address: pulumi.Output<string>; ready: pulumi.Resource[] } {
  return edgeAddons(
    scope.name,
    {
      request: request.edge,
      mirror: request.chartMirror,
      images: request.images,
      hooks: request.hooks,
      lifecycle: request.lifecycle,
      labels: request.labels,
      loadBalancer: { class: "eks.amazonaws.com/nlb", annotations: annotations(within) },
    },
    opts,
  );
}

/** What the controller of Auto Mode understands (EKS user guide); the rest of the usual ones it ignores. */
function annotations(within: Network): Record<string, pulumi.Input<string>> {
  const prefix = "service.beta.kubernetes.io/aws-load-balancer";
  return {
    [`${prefix}-scheme`]: "internet-facing",
    [`${prefix}-nlb-target-type`]: "ip",
    [`${prefix}-attributes`]: "load_balancing.cross_zone.enabled=true",
    // The Service goes only when its targets have drained: five minutes by default, which a destroy would wait for.
    [`${prefix}-target-group-attributes`]: "deregistration_delay.timeout_seconds=30",
    // By id, so that a network of the user's own needs no tags.
    [`${prefix}-subnets`]: pulumi.all(within.publicSubnetIds).apply((ids) => ids.join(",")),
  };
}
