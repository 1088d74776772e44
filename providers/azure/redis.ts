/**
 * Azure Managed Redis: TLS on port 10000, without clustering (queues use transactions over several keys) and without
 * eviction. It has no user that is bound to keys of a prefix: its one built-in access policy is full access, so that a
 * shared cache keeps tenants apart by convention alone.
 */
import {
  Database,
  listDatabaseKeysOutput,
  RedisEnterprise,
} from "@pulumi/azure-native/redisenterprise/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Lifecycle, Size } from "../platform.ts";
import { privateEndpoint } from "./privateEndpoint.ts";
import { keeps } from "./scope.ts";
import { sizeOf } from "./sizes.ts";

export const redisPort = 10000;
const databaseName = "default";

export interface CacheArgs {
  /** Logical name. */
  readonly resource: string;
  readonly clusterName: pulumi.Input<string>;
  /** What tells the endpoint's name from others'. */
  readonly parts: readonly string[];
  readonly location: pulumi.Input<string>;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  readonly zoneId: pulumi.Input<string>;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  /** What must stand first: the zone's link. */
  readonly ready: pulumi.Resource[];
}

export interface Cache {
  readonly host: pulumi.Output<string>;
  /** Known once its keys can be asked for. */
  readonly clusterName: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** `opts`: the parent, and the provider where the parent has none. */
export function cache(args: CacheArgs, opts: pulumi.CustomResourceOptions): Cache {
  const { resource, location, resourceGroupName, lifecycle } = args;
  const made = new RedisEnterprise(
    `${resource}-redis`,
    {
      clusterName: args.clusterName,
      resourceGroupName,
      location,
      sku: { name: sizeOf(args.size, lifecycle).redis.sku },
      highAvailability: lifecycle === "production" ? "Enabled" : "Disabled",
      minimumTlsVersion: "1.2",
      publicNetworkAccess: "Disabled",
    },
    {
      ...opts,
      ...keeps(lifecycle),
      // It cannot be switched off again: a cache that was production's stays as it is until it goes.
      ignoreChanges: lifecycle === "disposable" ? ["highAvailability"] : [],
      customTimeouts: { create: "60m", update: "90m", delete: "60m" },
    },
  );
  const database = new Database(
    `${resource}-redis`,
    {
      databaseName,
      clusterName: made.name,
      resourceGroupName,
      port: redisPort,
      clientProtocol: "Encrypted",
      clusteringPolicy: "NoCluster",
      evictionPolicy: "NoEviction",
      accessKeysAuthentication: "Enabled",
    },
    { ...opts, ...keeps(lifecycle) },
  );
  // After the database: the endpoint and it change the same cluster.
  const endpoint = privateEndpoint(
    {
      resource: `${resource}-redis`,
      parts: args.parts,
      location,
      resourceGroupName,
      subnetId: args.subnetId,
      serviceId: made.id,
      group: "redisEnterprise",
      zoneId: args.zoneId,
    },
    { ...opts, dependsOn: [database, ...args.ready] },
  );
  return {
    host: made.hostName,
    clusterName: pulumi.all([made.name, database.id]).apply(([name]) => name),
    ready: [database, ...endpoint],
  };
}

/** The cache's first key: secret. Whoever has it can do everything in this cache. */
export function cacheKey(
  clusterName: pulumi.Input<string>,
  resourceGroupName: pulumi.Input<string>,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<string> {
  const keys = listDatabaseKeysOutput({ clusterName, databaseName, resourceGroupName }, opts);
  return pulumi.secret(keys.apply(({ primaryKey }) => primaryKey));
}
