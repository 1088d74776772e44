/** Services inside the network: a private DNS zone each, its link, and endpoints whose addresses the zone holds. */
import { PrivateDnsZoneGroup, PrivateEndpoint } from "@pulumi/azure-native/network/index.js";
import { PrivateZone, VirtualNetworkLink } from "@pulumi/azure-native/privatedns/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type NameKind, physicalName } from "./names.ts";
import type { Network } from "./network.ts";
import { localName, type Scope } from "./scope.ts";

/** Zones by service: Azure's documentation of private endpoint DNS. */
export const zoneNames = {
  redis: "privatelink.redis.azure.net",
  blob: "privatelink.blob.core.windows.net",
  file: "privatelink.file.core.windows.net",
  vault: "privatelink.vaultcore.azure.net",
} as const;

export interface Zone {
  readonly id: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/**
 * A service's private zone answers for all of its names in that network. With the redirect, those that it does not hold
 * are asked for outside, as before: others in the user's network use the same service.
 *
 * `given`: id of a zone that is linked already. `dependsOn`: what the link must go before, and is deleted after.
 */
export function privateZone(
  scope: Scope,
  part: string,
  zoneName: string,
  given: string | undefined,
  within: Network,
  dependsOn: pulumi.Resource[] = [],
): Zone {
  if (given !== undefined) return { id: pulumi.output(given), ready: [] };
  const { name, resourceGroupName, tags, parent } = scope;
  // Both are of no region; without this they would get the provider's.
  const location = "Global";
  const zone = new PrivateZone(
    `${name}-zone-${part}`,
    { privateZoneName: zoneName, resourceGroupName, location, tags },
    { parent },
  );
  const link = new VirtualNetworkLink(
    `${name}-zone-${part}`,
    {
      virtualNetworkLinkName: localName(scope, "zoneLink", part),
      privateZoneName: zone.name,
      resourceGroupName,
      location,
      virtualNetwork: { id: within.id },
      registrationEnabled: false,
      ...(zoneName.startsWith("privatelink.") ? { resolutionPolicy: "NxDomainRedirect" } : {}),
      tags,
    },
    { parent, dependsOn },
  );
  return { id: zone.id, ready: [link] };
}

export interface EndpointArgs {
  /** Logical name. */
  readonly resource: string;
  /** What tells its physical name from the other endpoints'. */
  readonly parts: readonly string[];
  readonly location: pulumi.Input<string>;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  readonly serviceId: pulumi.Input<string>;
  /** Of the service: `redisEnterprise`, `blob`, `file`. */
  readonly group: string;
  readonly zoneId: pulumi.Input<string>;
}

const kind: NameKind = "privateEndpoint";

/** Answers what must stand before the service's name leads into the network. */
export function privateEndpoint(args: EndpointArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { resource, location, resourceGroupName } = args;
  const endpoint = new PrivateEndpoint(
    `${resource}-endpoint`,
    {
      privateEndpointName: physicalName(kind, args.parts),
      resourceGroupName,
      location,
      subnet: { id: args.subnetId },
      privateLinkServiceConnections: [
        { name: args.group, privateLinkServiceId: args.serviceId, groupIds: [args.group] },
      ],
    },
    opts,
  );
  const records = new PrivateDnsZoneGroup(
    `${resource}-endpoint`,
    {
      privateDnsZoneGroupName: "default",
      privateEndpointName: endpoint.name,
      resourceGroupName,
      privateDnsZoneConfigs: [{ name: args.group, privateDnsZoneId: args.zoneId }],
    },
    opts,
  );
  return [endpoint, records];
}
