/** Azure Managed Redis: a real server behind TLS, once the cluster has its database. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";
import { armId, given, part, partOf, tracked } from "./words.ts";

const cache: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    clusterName: {
      pattern: /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/,
      says: "letters, digits and single - between them",
      range: [1, 60],
      replaces: true,
    },
    "sku.name": {
      pattern: /^(Balanced_B|MemoryOptimized_M|ComputeOptimized_X|FlashOptimized_A)\d+$/,
      says: "of Azure Managed Redis, e.g. Balanced_B0: the older Enterprise ones retire",
    },
    "sku.capacity": { pattern: /^$/, says: "left out: only the older SKUs have it" },
    highAvailability: { default: "Enabled" },
    minimumTlsVersion: { default: "1.2" },
    zones: { replaces: true },
  },
  naming: {
    property: "clusterName",
    // Of a region, to be exact: the region is a part of the host name.
    scope: "global",
    auto: { limit: 60 },
    taken: "NameNotAvailable: the name is shared by all users",
  },
  id: (making) =>
    armId(making.world, making.inputs, "Microsoft.Cache/redisEnterprise", given(making, "clusterName")),
  admit: ({ inputs, old }) => {
    if (
      old !== undefined &&
      old.inputs.highAvailability !== "Disabled" &&
      inputs.highAvailability === "Disabled"
    )
      throw new Refused("HighAvailabilityCannotBeDisabled: high availability cannot be switched off again");
  },
  outputs: {
    hostName: ({ world, inputs }) =>
      `${textOf(inputs, "clusterName")}.${textOf(inputs, "location") || world.region}.redis.azure.net`.toLowerCase(),
    resourceState: () => "Running",
    redisVersion: () => "7.4",
    redundancyMode: ({ inputs }) => (inputs.highAvailability === "Disabled" ? "None" : "ZR"),
    kind: () => "v2",
  },
};

/** `NoEviction` as Redis itself calls it. */
const policies: Readonly<Record<string, string>> = {
  AllKeysLFU: "allkeys-lfu",
  AllKeysLRU: "allkeys-lru",
  AllKeysRandom: "allkeys-random",
  NoEviction: "noeviction",
  VolatileLFU: "volatile-lfu",
  VolatileLRU: "volatile-lru",
  VolatileRandom: "volatile-random",
  VolatileTTL: "volatile-ttl",
};

function cacheOf(world: World, inputs: CloudRecord["inputs"]): CloudRecord | undefined {
  return world.store.find(
    t.cache,
    armId(world, inputs, "Microsoft.Cache/redisEnterprise", textOf(inputs, "clusterName")),
  );
}

/** A database's access key: made with it, `which` is 1 or 2. */
export function accessKey({ id, created }: Pick<CloudRecord, "id" | "created">, which: 1 | 2): string {
  return Buffer.from(digest(32, "key", String(which), id, String(created)), "hex").toString("base64");
}

const database: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    clusterName: partOf(t.cache),
    databaseName: { options: ["default"], required: true, replaces: true },
    port: { default: 10000, range: [10000, 10000], replaces: true },
    clientProtocol: { options: ["Encrypted"], default: "Encrypted" },
    clusteringPolicy: { default: "OSSCluster", replaces: true },
    evictionPolicy: { default: "VolatileLRU" },
    accessKeysAuthentication: { default: "Disabled" },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Cache/redisEnterprise",
      given(making, "clusterName"),
      "databases",
      given(making, "databaseName"),
    ),
  admit: ({ world, inputs }) => {
    const sku = cacheOf(world, inputs)?.inputs.sku;
    const size = Number(/\d+$/.exec(JSON.stringify(sku ?? "").replace(/"?\}?$/, ""))?.[0] ?? 0);
    if (inputs.clusteringPolicy === "NoCluster" && size > 20)
      throw new Refused("InvalidClusteringPolicy: NoCluster is for 25 GB at most");
  },
  behind: async ({ world, inputs, id, created, old }) => {
    const holder = cacheOf(world, inputs);
    if (holder === undefined)
      throw new Refused(`ResourceNotFound: no cluster ${textOf(inputs, "clusterName")}`);
    const key = accessKey({ id, created: old?.created ?? created }, 1);
    const open = inputs.accessKeysAuthentication === "Enabled";
    await world.backend.redis.ensure({
      id,
      host: textOf(holder.outputs, "hostName"),
      port: 10000,
      // Without keys only Entra ID lets anyone in, which nobody stands in for here.
      users: open ? [] : [{ name: "default", passwords: [], access: "off -@all" }],
      password: key,
      policy: policies[textOf(inputs, "evictionPolicy")] ?? "volatile-lru",
    });
    return undefined;
  },
  outputs: { resourceState: () => "Running", redisVersion: () => "7.4" },
  remove: ({ world, record }) => world.backend.redis.remove(record.id),
};

export const redis: Readonly<Record<string, Kind>> = { [t.cache]: cache, [t.cacheDatabase]: database };
