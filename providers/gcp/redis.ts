/** Memorystore for Redis: one for all tenants, or one each. Its one password opens everything that is in it. */
import { Instance, type InstanceArgs } from "@pulumi/gcp/redis/instance.js";
import * as pulumi from "@pulumi/pulumi";
import { partOf, rangeOf } from "../cidr.ts";
import type { Lifecycle, Size } from "../platform.ts";
import type { Network } from "./network.ts";
import { deletionPolicy, keeps, nameIn, type Scope } from "./scope.ts";
import type { NetworkSettings } from "./settings.ts";
import { sizes } from "./sizes.ts";

/** Where encrypted connections are taken, always; 6379 would be for others. */
export const redisPort = 6378;

export type ConnectMode = "PRIVATE_SERVICE_ACCESS" | "DIRECT_PEERING";

/** How instances come into the network. */
export interface RedisNetwork {
  readonly network: pulumi.Output<string>;
  readonly connectMode: ConnectMode;
  /** Addresses that the stack file keeps for the shared instance; undefined: Google picks some that are free. */
  readonly range: string | undefined;
}

/**
 * Memorystore's own peering, in every lifecycle: it comes with the first instance and is Memorystore's to remove, and an
 * instance cannot move to another way. Private services access is for a network of the user's own that has it: its
 * connection cannot be deleted for hours after the last instance, so no stack that made one would go in one destroy.
 */
export function redisNetwork(within: Network, settings: NetworkSettings): RedisNetwork {
  const network = within.id;
  if (settings.kind === "new")
    return { network, connectMode: "DIRECT_PEERING", range: instanceRange(settings.googleServices) };
  const connectMode = settings.privateServices ? "PRIVATE_SERVICE_ACCESS" : "DIRECT_PEERING";
  return { network, connectMode, range: undefined };
}

/** The first eight addresses of a range: what one instance takes, with its standby. */
export function instanceRange(cidr: string): string {
  const range = rangeOf(cidr);
  return partOf(range, 29 - range.prefix, 0);
}

export interface Redis {
  readonly name: pulumi.Output<string>;
  readonly host: pulumi.Output<string>;
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** PEM of the instance's own authority. */
  readonly roots: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

export function sharedRedis(scope: Scope, version: string, size: Size, way: RedisNetwork): Redis {
  const made = new Instance(
    `${scope.name}-redis`,
    {
      name: nameIn(scope, "cache"),
      region: scope.region,
      memorySizeGb: sizes[size].redis.memory,
      ...redisArgs({ version, lifecycle: scope.lifecycle, ...way }),
      ...(way.range ? { reservedIpRange: way.range } : {}),
    },
    {
      parent: scope.parent,
      dependsOn: scope.apis,
      ...keeps(scope.lifecycle),
      customTimeouts: redisTimeouts,
    },
  );
  return { ...redisOf(made), ready: [made] };
}

export const redisTimeouts = { create: "40m", update: "40m", delete: "40m" };

/**
 * What every instance has, whoever uses it. Tier, encryption and connect mode can never be changed: they are the same in
 * every lifecycle, so that a stack gets another one in place. A disposable stack pays for a standby so; without it, the
 * first `up` in production would put an empty instance in the place of this one, and none could go back.
 */
export function redisArgs(of: {
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly network: pulumi.Input<string>;
  readonly connectMode: pulumi.Input<string>;
}): Omit<InstanceArgs, "memorySizeGb"> {
  const production = of.lifecycle === "production";
  return {
    tier: "STANDARD_HA",
    redisVersion: `REDIS_${of.version.replace(".", "_")}`,
    authorizedNetwork: of.network,
    connectMode: of.connectMode,
    authEnabled: true,
    transitEncryptionMode: "SERVER_AUTHENTICATION",
    // The default throws out what has an expiry when memory runs out: jobs and sessions among it.
    redisConfigs: { "maxmemory-policy": "noeviction" },
    // Said in both: what is left out of an update stays as it was.
    persistenceConfig: production
      ? { persistenceMode: "RDB", rdbSnapshotPeriod: "TWELVE_HOURS" }
      : { persistenceMode: "DISABLED" },
    deletionProtection: production,
    deletionPolicy: deletionPolicy(of.lifecycle),
  };
}

export function redisOf(made: Instance): Omit<Redis, "ready"> {
  return {
    name: made.name,
    host: made.host,
    password: pulumi.secret(made.authString),
    roots: made.serverCaCerts.apply((all) => all.map(({ cert }) => `${cert.trim()}\n`).join("")),
  };
}
