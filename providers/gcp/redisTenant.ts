/** A tenant's part of the shared Redis, an instance of its own, or its account on one that the user brought. */
import { Instance } from "@pulumi/gcp/redis/instance.js";
import * as pulumi from "@pulumi/pulumi";
import { redisBrought, redisTls, refuseGivenRedis, usualPrefix } from "../givenRedis.ts";
import { settled } from "../ownFacts.ts";
import type { RedisService, TenantRequest } from "../platform.ts";
import type { GcpFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";
import { redisArgs, redisOf, redisPort, redisTimeouts } from "./redis.ts";
import { keeps } from "./scope.ts";
import { tenantRedisMemory } from "./sizes.ts";
import type { TenantSources } from "./tenantSources.ts";

interface Made {
  readonly service: RedisService;
  readonly ready: pulumi.Resource[];
}

export function tenantRedis(
  stack: string,
  own: GcpFacts,
  request: TenantRequest,
  sources: TenantSources,
): Made {
  if (own.redisName ?? own.redisNetwork) refuseGivenRedis(request);
  if (own.redisNetwork !== undefined) return ownInstance(stack, own, request, sources);
  const { redisHost: host, redisName } = own;
  if (host === undefined || redisName === undefined)
    return { service: redisBrought(stack, own, request), ready: [] };
  return {
    service: {
      host,
      port: redisPort,
      tls: redisTls(own),
      password: { kind: "value", value: sources.redisPassword() },
      isolation: "prefix",
      prefix: usualPrefix(request.slug),
    },
    ready: [],
  };
}

function ownInstance(stack: string, own: GcpFacts, request: TenantRequest, sources: TenantSources): Made {
  const { slug, lifecycle, parent } = request;
  const made = new Instance(
    `${slug}-redis`,
    {
      name: suffixedName("cache", [stack, slug], pulumi.output(own.suffix)),
      region: own.region,
      memorySizeGb: tenantRedisMemory,
      ...redisArgs({
        version: settled(own.redisVersion),
        lifecycle,
        network: own.redisNetwork ?? "",
        connectMode: own.redisConnectMode ?? "DIRECT_PEERING",
      }),
    },
    {
      parent,
      provider: sources.provider,
      dependsOn: sources.after.redis,
      ...keeps(lifecycle),
      customTimeouts: redisTimeouts,
    },
  );
  const { host, password, roots } = redisOf(made);
  return {
    service: {
      host,
      port: redisPort,
      tls: { roots: { caPem: own.redisRoots ?? roots } },
      password: { kind: "value", value: password },
      isolation: "instance",
    },
    ready: [made],
  };
}
