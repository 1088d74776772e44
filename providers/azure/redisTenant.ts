/** A tenant's Redis: a share of one cache, a cache of its own, or its account on one that the user brought. */
import * as pulumi from "@pulumi/pulumi";
import type { PlatformFacts, RedisIsolation, RedisService, TenantRequest, Tls } from "../platform.ts";
import type { AzureFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";
import { cache, cacheKey, redisPort } from "./redis.ts";
import { unaliased } from "./scope.ts";

export interface TenantRedis {
  readonly service: RedisService;
  readonly ready: pulumi.Resource[];
}

type Facts = PlatformFacts<pulumi.Input<string>>;

/** Undefined where the platform has no Redis, or the tenant names no account on the user's own. */
export function tenantRedis(
  facts: Facts,
  own: AzureFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): TenantRedis | undefined {
  const tls: Tls = { roots: own.redisRoots === undefined ? "system" : { caPem: own.redisRoots } };
  if (own.redisCluster !== undefined) return sharedCache(own, own.redisCluster, tls, request, provider);
  if (own.redisZoneId !== undefined) return ownCache(facts, own, own.redisZoneId, tls, request, provider);
  return own.redisHost === undefined ? undefined : givenRedis(own, own.redisHost, tls, request);
}

function sharedCache(
  own: AzureFacts,
  clusterName: pulumi.Input<string>,
  tls: Tls,
  { slug }: TenantRequest,
  provider: pulumi.ProviderResource,
): TenantRedis {
  const password = sharedKey(own, clusterName, provider);
  return {
    service: {
      host: own.redisHost ?? "",
      port: redisPort,
      tls,
      password: { kind: "value", value: password },
      isolation: "prefix",
      prefix: `${slug}:`,
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
  tls: Tls,
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
      tls,
      password: { kind: "value", value: cacheKey(made.clusterName, own.resourceGroup, { provider }) },
      isolation: "instance",
    },
    ready: made.ready,
  };
}

function givenRedis(
  own: AzureFacts,
  host: pulumi.Input<string>,
  tls: Tls,
  request: TenantRequest,
): TenantRedis | undefined {
  const given = request.given.redis;
  if (!given) return undefined;
  const isolation = isolationOf(own.redisIsolation);
  return {
    service: {
      host,
      port: Number(own.redisPort ?? redisPort),
      tls,
      isolation,
      ...(given.username ? { username: given.username } : {}),
      ...(isolation === "instance" ? {} : { prefix: `${request.slug}:` }),
      password: { kind: "secret", ref: given.password },
    },
    ready: [],
  };
}

/** Settings, not promises: a base writes them as they stand in its stack file. */
function isolationOf(text: pulumi.Input<string> | undefined): RedisIsolation {
  return text === "acl" || text === "prefix" ? text : "instance";
}
