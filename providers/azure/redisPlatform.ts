/** What a platform makes of Redis for all tenants: the one cache that they share, or the zone that each one's is named in. */
import type * as pulumi from "@pulumi/pulumi";
import type { Size } from "../platform.ts";
import type { Network } from "./network.ts";
import { privateZone, zoneNames } from "./privateEndpoint.ts";
import { type Cache, cache } from "./redis.ts";
import { nameIn, type Scope } from "./scope.ts";
import type { AzureSettings } from "./settings.ts";

export interface SharedRedis {
  /** Undefined where each tenant has its own. */
  readonly cache: Cache | undefined;
  readonly zoneId: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** Undefined where the user brings one. */
export function sharedRedis(
  scope: Scope,
  { redis, privateZones }: Pick<AzureSettings, "redis" | "privateZones">,
  size: Size,
  within: Network,
): SharedRedis | undefined {
  if (redis.kind === "existing") return undefined;
  const { name, stack, location, lifecycle, resourceGroupName, parent } = scope;
  const zone = privateZone(scope, "redis", zoneNames.redis, privateZones.redis, within);
  if (redis.isolation === "instance") return { cache: undefined, zoneId: zone.id, ready: zone.ready };
  const made = cache(
    {
      resource: name,
      clusterName: nameIn(scope, "cache"),
      parts: [stack, "redis"],
      location,
      resourceGroupName,
      subnetId: within.endpointSubnetId,
      zoneId: zone.id,
      size,
      lifecycle,
      ready: zone.ready,
    },
    { parent },
  );
  return { cache: made, zoneId: zone.id, ready: [...zone.ready, ...made.ready] };
}
