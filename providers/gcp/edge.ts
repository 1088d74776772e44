/** The way in: the shared add-ons behind a passthrough load balancer, which the cluster makes at an address kept for it. */
import { Address } from "@pulumi/gcp/compute/address.js";
import type * as pulumi from "@pulumi/pulumi";
import { edgeAddons } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import { keeps, nameIn, type Scope } from "./scope.ts";

/**
 * Kept for the load balancer, which holds it until the drain is done. The Service may come and go, and a destroy that
 * production refuses take it: names in the DNS stay right.
 */
export function edgeAddress(scope: Scope): Address {
  const { name, region, lifecycle, parent, apis } = scope;
  return new Address(
    `${name}-edge`,
    { name: nameIn(scope, "address", "edge"), region, addressType: "EXTERNAL" },
    { parent, dependsOn: apis, ...keeps(lifecycle) },
  );
}

/** `parent`: what carries the cluster's provider. `dependsOn`: what the edge must go before. */
export function edge(
  { name }: Scope,
  request: CloudRequest,
  address: Address,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: pulumi.Resource[] },
): { address: pulumi.Output<string>; ready: pulumi.Resource[] } {
  const addons = edgeAddons(
    name,
    {
      request: request.edge,
      mirror: request.chartMirror,
      images: request.images,
      hooks: request.hooks,
      lifecycle: request.lifecycle,
      labels: request.labels,
      loadBalancer: { annotations: annotations(address.name) },
    },
    opts,
  );
  return { address: addons.address, ready: addons.ready };
}

/** A backend service in place of the older target pool (GKE, Service parameters), and the address by its name. */
function annotations(addressName: pulumi.Output<string>): Record<string, pulumi.Input<string>> {
  return {
    "cloud.google.com/l4-rbs": "enabled",
    "networking.gke.io/load-balancer-ip-addresses": addressName,
  };
}
