/** A tenant's part of the shared Redis, an instance of its own, or its account on one that the user brought. */
import { Instance } from "@pulumi/gcp/redis/instance.js";
import * as pulumi from "@pulumi/pulumi";
import type { RedisIsolation, RedisService, TenantRequest, Tls } from "../platform.ts";
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

/** Undefined where the platform has no Redis, or the tenant names no account on the user's own. */
export function tenantRedis(
  stack: string,
  own: GcpFacts,
  request: TenantRequest,
  sources: TenantSources,
): Made | undefined {
  if (own.redisIsolation === undefined) return undefined;
  if (own.redisNetwork !== undefined) return ownInstance(stack, own, request, sources);
  const { redisHost: host } = own;
  if (host === undefined) return undefined;
  const tls: Tls = { roots: own.redisRoots === undefined ? "system" : { caPem: own.redisRoots } };
  if (own.redisName === undefined) return givenRedis(own, host, tls, request);
  return {
    service: {
      host,
      port: redisPort,
      tls,
      password: { kind: "value", value: sources.redisPassword() },
      isolation: "prefix",
      prefix: prefixOf(request.slug),
    },
    ready: [],
  };
}

/** Every tenant of a platform has a slug of its own, cells' tenants too: their namespaces are in one cluster. */
function prefixOf(slug: string): string {
  return `${slug}:`;
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
        version: setting(own.redisVersion),
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

function givenRedis(
  own: GcpFacts,
  host: pulumi.Input<string>,
  tls: Tls,
  request: TenantRequest,
): Made | undefined {
  const given = request.given.redis;
  if (!given) return undefined;
  const isolation = isolationOf(own.redisIsolation);
  return {
    service: {
      host,
      port: Number(setting(own.redisPort)),
      tls,
      isolation,
      ...(given.username ? { username: given.username } : {}),
      ...(isolation === "instance" ? {} : { prefix: prefixOf(request.slug) }),
      password: { kind: "secret", ref: given.password },
    },
    ready: [],
  };
}

function isolationOf(text: pulumi.Input<string> | undefined): RedisIsolation {
  return text === "acl" || text === "prefix" ? text : "instance";
}

/** Settings, not promises: a base writes them as they stand in its stack file. */
function setting(value: pulumi.Input<string> | undefined): string {
  if (typeof value !== "string") throw new Error("a setting in the facts is text, never a promise");
  return value;
}
