/** The way in: the shared add-ons behind a passthrough load balancer, which the cluster makes at an address kept for it. */
import { Address } from "@pulumi/gcp/compute/address.js";
import type * as pulumi from "@pulumi/pulumi";
import { edgeAddons } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import { keeps, nameIn, type Scope } from "./scope.ts";

/** `parent`: what carries the cluster's provider. `dependsOn`: what the edge must go before. */
export function edge(
  scope: Scope,
  request: CloudRequest,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: pulumi.Resource[] },
): { address: pulumi.Output<string>; ready: pulumi.Resource[] } {
  const { name, region, lifecycle, parent, apis } = scope;
  // The Service may come and go, and a destroy that production refuses take it: names in the DNS stay right.
  const address = new Address(
    `${name}-edge`,
    { name: nameIn(scope, "address", "edge"), region, addressType: "EXTERNAL" },
    { parent, dependsOn: apis, ...keeps(lifecycle) },
  );
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
    { ...opts, dependsOn: [...opts.dependsOn, address] },
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
