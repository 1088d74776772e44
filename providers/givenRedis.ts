/** A tenant's account on a Redis that the user brought, and what is said where it lacks one or has one in vain. */
import type * as pulumi from "@pulumi/pulumi";
import { refuseTenant } from "./mistakes.ts";
import { settled } from "./ownFacts.ts";
import type { RedisIsolation, RedisService, TenantRequest, Tls } from "./platform.ts";

/** What the facts of a platform in a cloud say of a Redis, under the same names everywhere. */
export interface RedisFacts {
  readonly redisHost?: pulumi.Input<string>;
  readonly redisPort?: pulumi.Input<string>;
  readonly redisIsolation?: pulumi.Input<string>;
  /** PEM; none: the public roots. */
  readonly redisRoots?: pulumi.Input<string>;
}

/** Of a platform that makes no Redis. Ends the run of a cell whose base has none, and of a tenant without an account. */
export function redisBrought(base: string, own: RedisFacts, request: TenantRequest): RedisService {
  const { redisHost: host, redisPort, redisIsolation } = own;
  if (host === undefined) {
    return refuseTenant(request.slug, {
      allowed: `a tenant whose application needs no Redis: the platform of stack ${base} has none`,
      remedy: "put it on a base whose own application needs a Redis",
    });
  }
  const isolation = isolationOf(settled(redisIsolation));
  return givenRedis({ host, port: Number(settled(redisPort)), tls: redisTls(own), isolation }, request);
}

export function redisTls({ redisRoots }: RedisFacts): Tls {
  return { roots: redisRoots === undefined ? "system" : { caPem: redisRoots } };
}

/** What every key of a tenant begins with: no two of a platform have one slug, those of cells included. */
export function usualPrefix(slug: string): string {
  return `${slug}:`;
}

export function givenRedis(
  server: Pick<RedisService, "host" | "port" | "tls" | "isolation">,
  { slug, given }: TenantRequest,
): RedisService {
  if (!given.redis) {
    return refuseTenant(slug, {
      key: "redis",
      allowed:
        "the tenant's account and the Secret that holds it, because Portolan makes no accounts on this Redis",
      remedy: "add it",
    });
  }
  const { username, prefix = usualPrefix(slug), password } = given.redis;
  return {
    ...server,
    ...(username ? { username } : {}),
    ...(server.isolation === "instance" ? {} : { prefix }),
    password: { kind: "secret", ref: password },
  };
}

/** Where the platform makes the tenant's account. A base's stack file is refused before; a cell's base knows. */
export function refuseGivenRedis({ slug, given }: TenantRequest): void {
  if (!given.redis) return;
  refuseTenant(slug, {
    key: "redis",
    value: given.redis,
    allowed: "nothing, on a platform that makes its Redis",
    remedy: "leave it out: the platform makes the tenant's own",
  });
}

function isolationOf(text: string): RedisIsolation {
  if (text === "instance" || text === "acl" || text === "prefix") return text;
  throw new Error(`isolation ${text} in the facts is none of instance, acl and prefix`);
}
