/** Memorystore for Redis: one for all tenants, or one each. Its one password opens everything that is in it. */
import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { Instance, type InstanceArgs } from "@pulumi/gcp/redis/instance.js";
import { Connection } from "@pulumi/gcp/servicenetworking/connection.js";
import * as pulumi from "@pulumi/pulumi";
import type { Lifecycle, Size } from "../platform.ts";
import type { Network } from "./network.ts";
import { deletionPolicy, keeps, nameIn, type Scope } from "./scope.ts";
import type { NetworkSettings } from "./settings.ts";
import { redisTier, sizes } from "./sizes.ts";

/** Where encrypted connections are taken, always; 6379 would be for others. */
export const redisPort = 6378;

export type ConnectMode = "PRIVATE_SERVICE_ACCESS" | "DIRECT_PEERING";

/** How instances come into the network. */
export interface RedisNetwork {
  readonly network: pulumi.Output<string>;
  readonly connectMode: ConnectMode;
  readonly ready: pulumi.Resource[];
}

/**
 * Private services access in production: a range that the stack file names, and none that Google picks. Not in a
 * disposable stack: its connection cannot be deleted while Google still tidies up behind an instance, where the peering
 * that Memorystore makes by itself is Memorystore's to remove. A network of the user's own keeps its one connection.
 */
export function redisNetwork(scope: Scope, within: Network, settings: NetworkSettings): RedisNetwork {
  const given = { network: within.id, ready: [] };
  if (settings.kind === "existing") {
    return { ...given, connectMode: settings.privateServices ? "PRIVATE_SERVICE_ACCESS" : "DIRECT_PEERING" };
  }
  if (scope.lifecycle === "disposable") return { ...given, connectMode: "DIRECT_PEERING" };
  const connection = privateServices(scope, within, settings.googleServices);
  return { network: within.id, connectMode: "PRIVATE_SERVICE_ACCESS", ready: [connection] };
}

function privateServices(scope: Scope, within: Network, cidr: string): Connection {
  const { name, lifecycle, parent } = scope;
  const [address = "", prefix] = cidr.split("/");
  // What keeps its data keeps the way to it.
  const opts = { parent, ...keeps(lifecycle) };
  const range = new GlobalAddress(
    `${name}-google-services`,
    {
      name: nameIn(scope, "address", "google-services"),
      purpose: "VPC_PEERING",
      addressType: "INTERNAL",
      address,
      prefixLength: Number(prefix),
      network: within.id,
    },
    opts,
  );
  return new Connection(
    `${name}-google-services`,
    {
      network: within.id,
      service: "servicenetworking.googleapis.com",
      reservedPeeringRanges: [range.name],
    },
    opts,
  );
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
    },
    {
      parent: scope.parent,
      dependsOn: [...scope.apis, ...way.ready],
      ...keeps(scope.lifecycle),
      customTimeouts: redisTimeouts,
    },
  );
  return { ...redisOf(made), ready: [made] };
}

export const redisTimeouts = { create: "40m", update: "40m", delete: "40m" };

/** What every instance has, whoever uses it. Tier, encryption and connect mode can never be changed. */
export function redisArgs(of: {
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly network: pulumi.Input<string>;
  readonly connectMode: pulumi.Input<string>;
}): Omit<InstanceArgs, "memorySizeGb"> {
  const production = of.lifecycle === "production";
  return {
    tier: redisTier(of.lifecycle),
    redisVersion: `REDIS_${of.version.replace(".", "_")}`,
    authorizedNetwork: of.network,
    connectMode: of.connectMode,
    authEnabled: true,
    transitEncryptionMode: "SERVER_AUTHENTICATION",
    // The default throws out what has an expiry when memory runs out: jobs and sessions among it.
    redisConfigs: { "maxmemory-policy": "noeviction" },
    ...(production
      ? { persistenceConfig: { persistenceMode: "RDB", rdbSnapshotPeriod: "TWELVE_HOURS" } }
      : {}),
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
