/** The way in: the shared add-ons behind Azure's load balancer, at an address that outlives the balancer. */
import { PublicIPAddress } from "@pulumi/azure-native/network/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { edgeAddons } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import type { AksCluster } from "./cluster.ts";
import { roleAssignment } from "./roles.ts";
import { keeps, localName, type Scope } from "./scope.ts";
import type { AzureSettings } from "./settings.ts";

export interface LoadBalancer {
  readonly annotations: Record<string, pulumi.Input<string>>;
  /** What must stand until the load balancer is gone. */
  readonly ready: pulumi.Resource[];
}

const prefix = "service.beta.kubernetes.io/azure";

/** Before anything in the cluster: an address that is still held would keep the cluster's own group from being deleted. */
export function loadBalancer(
  scope: Scope,
  kind: AzureSettings["loadBalancer"],
  aks: AksCluster,
): LoadBalancer {
  if (kind === "internal")
    return { annotations: { [`${prefix}-load-balancer-internal`]: "true" }, ready: [] };
  const { name, location, lifecycle, zones, resourceGroupName, resourceGroupId, tags, parent } = scope;
  const address = new PublicIPAddress(
    `${name}-edge`,
    {
      publicIpAddressName: localName(scope, "publicAddress", "edge"),
      resourceGroupName,
      location,
      sku: { name: "Standard" },
      publicIPAllocationMethod: "Static",
      ...(zones.length > 0 ? { zones: [...zones] } : {}),
      tags,
    },
    { parent, ...keeps(lifecycle) },
  );
  // The cluster looks for it in a group that is not its own.
  const granted = roleAssignment(
    `${name}-edge`,
    {
      scope: resourceGroupId,
      principalId: aks.principalId,
      principalType: "ServicePrincipal",
      role: "networkContributor",
    },
    { parent },
  );
  return {
    annotations: {
      [`${prefix}-pip-name`]: address.name,
      [`${prefix}-load-balancer-resource-group`]: resourceGroupName,
    },
    ready: [address, granted],
  };
}

/** `parent`: what carries the cluster's provider. `dependsOn`: what the edge must go before. */
export function edge(
  scope: Scope,
  request: CloudRequest,
  { annotations }: LoadBalancer,
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
      loadBalancer: { annotations },
    },
    opts,
  );
}
