/** A tenant's user of the shared cache, or its account on one that the user brought. */
import { User } from "@pulumi/aws/elasticache/user.js";
import { UserGroupAssociation } from "@pulumi/aws/elasticache/userGroupAssociation.js";
import * as pulumi from "@pulumi/pulumi";
import { redisBrought, redisTls, refuseGivenRedis, usualPrefix } from "../givenRedis.ts";
import type { RedisService, TenantRequest } from "../platform.ts";
import type { AwsFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";

/** Commands that see or touch keys of everybody, whatever the user's key patterns (valkey issue 370). */
const keyspaceWide = [
  "scan",
  "randomkey",
  "keys",
  "dbsize",
  "flushall",
  "flushdb",
  "swapdb",
  "pubsub",
  "function",
  "script|flush",
  "script|kill",
  // Its broadcast mode tells the names of all keys that change (Valkey, CLIENT TRACKING).
  "client|tracking",
];

/**
 * What a tenant may do: everything with its own keys and channels, nothing that shows or empties the others'.
 * `resetchannels` because a new user may listen everywhere; `info` because clients ask it whether a server is ready.
 */
export function accessString(prefix: string): string {
  return [
    "on",
    `~${prefix}*`,
    "resetchannels",
    `&${prefix}*`,
    "-@all",
    "+@read",
    "+@write",
    "+@connection",
    "+@transaction",
    "+@scripting",
    "+@pubsub",
    "-@admin",
    "-@dangerous",
    ...keyspaceWide.map((command) => `-${command}`),
    "+info",
  ].join(" ");
}

export function tenantRedis(
  stack: string,
  own: AwsFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): { service: RedisService; ready: pulumi.Resource[] } {
  const { redisHost: host, redisUserGroup } = own;
  if (host === undefined || redisUserGroup === undefined)
    return { service: redisBrought(stack, own, request), ready: [] };
  refuseGivenRedis(request);
  const { slug, parent } = request;
  const prefix = usualPrefix(slug);
  const password = request.password("redis");
  const opts = { parent, provider };
  const user = new User(
    `${slug}-redis`,
    {
      userId: suffixedName("cacheUser", [stack, slug], pulumi.output(own.suffix)),
      userName: slug,
      engine: "valkey",
      accessString: accessString(prefix),
      authenticationMode: { type: "password", passwords: [password] },
    },
    opts,
  );
  const member = new UserGroupAssociation(
    `${slug}-redis`,
    { userGroupId: redisUserGroup, userId: user.userId },
    // One after the other, however many tenants there are: the provider asks again for ten minutes, unless it is told.
    { ...opts, customTimeouts: { create: "60m", delete: "60m" } },
  );
  return {
    service: {
      host,
      port: 6379,
      tls: redisTls(own),
      username: slug,
      password: { kind: "value", value: password },
      isolation: "acl",
      prefix,
    },
    ready: [member],
  };
}
