/** A tenant's Redis: a share of one cache, a cache of its own, or its account on one that the user brought. */
import * as pulumi from "@pulumi/pulumi";
import { redisBrought, redisTls, refuseGivenRedis, usualPrefix } from "../givenRedis.ts";
import type { PlatformFacts, RedisService, TenantRequest } from "../platform.ts";
import type { AzureFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";
import { cache, cacheKey, redisPort } from "./redis.ts";
import { unaliased } from "./scope.ts";

export interface TenantRedis {
  readonly service: RedisService;
  readonly ready: pulumi.Resource[];
}

type Facts = PlatformFacts<pulumi.Input<string>>;

export function tenantRedis(
  facts: Facts,
  own: AzureFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): TenantRedis {
  if (own.redisCluster ?? own.redisZoneId) refuseGivenRedis(request);
  if (own.redisCluster !== undefined) return sharedCache(own, own.redisCluster, request, provider);
  if (own.redisZoneId !== undefined) return ownCache(facts, own, own.redisZoneId, request, provider);
  return { service: redisBrought(facts.stack, own, request), ready: [] };
}

function sharedCache(
  own: AzureFacts,
  clusterName: pulumi.Input<string>,
  { slug }: TenantRequest,
  provider: pulumi.ProviderResource,
): TenantRedis {
  const password = sharedKey(own, clusterName, provider);
  return {
    service: {
      host: own.redisHost ?? "",
      port: redisPort,
      tls: redisTls(own),
      password: { kind: "value", value: password },
      isolation: "prefix",
      prefix: usualPrefix(slug),
    },
    ready: [],
  };
}

/** Asked for once a run, however many tenants there are: each platform and each cell has a provider of its own. */
const askedKeys = new WeakMap<pulumi.ProviderResource, pulumi.Output<string>>();

function sharedKey(
  own: AzureFacts,
  clusterName: pulumi.Input<string>,
  provider: pulumi.ProviderResource,
): pulumi.Output<string> {
  const key = askedKeys.get(provider) ?? cacheKey(clusterName, own.resourceGroup, { provider });
  askedKeys.set(provider, key);
  return key;
}

function ownCache(
  facts: Facts,
  own: AzureFacts,
  zoneId: pulumi.Input<string>,
  { slug, lifecycle, parent }: TenantRequest,
  provider: pulumi.ProviderResource,
): TenantRedis {
  const made = cache(
    {
      resource: slug,
      clusterName: suffixedName("cache", [facts.stack, slug], pulumi.output(own.suffix)),
      parts: [facts.stack, "redis", slug],
      location: own.region,
      resourceGroupName: own.resourceGroup,
      subnetId: own.endpointSubnetId,
      zoneId,
      size: facts.size,
      lifecycle,
      ready: [],
    },
    { parent, provider, transformations: [unaliased] },
  );
  return {
    service: {
      host: made.host,
      port: redisPort,
      tls: redisTls(own),
      password: { kind: "value", value: cacheKey(made.clusterName, own.resourceGroup, { provider }) },
      isolation: "instance",
    },
    ready: made.ready,
  };
}
