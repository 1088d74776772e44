/** Memorystore for Redis: a real TLS server with one password, under an address and not under a name. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { parseCidr } from "../core/cidr.ts";
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { bagOf, textOf } from "../core/paths.ts";
import { certificateFacts } from "./certificates.ts";
import { networkOf, requireFreeRanges } from "./network.ts";
import { zonesOf } from "./regions.ts";
import { t } from "./types.ts";
import { given, guarded, inNetwork, path, time, uuid, wrongLabels } from "./words.ts";

/** Encrypted connections have a port of their own. */
const portOf = (inputs: PlainBag): number =>
  inputs.transitEncryptionMode === "SERVER_AUTHENTICATION" ? 6378 : 6379;

const password = ({ id, created }: Pick<Making, "id" | "created">): string =>
  uuid("auth", id, String(created));

const instance: Kind = guarded("redis", {
  inputs: {
    name: {
      pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
      says: "lower-case letters, digits and -, a letter first",
      range: [2, 40],
      replaces: true,
    },
    region: { replaces: true },
    memorySizeGb: { range: [1, 300] },
    tier: { options: ["BASIC", "STANDARD_HA"], default: "BASIC", replaces: true },
    redisVersion: { options: ["REDIS_3_2", "REDIS_4_0", "REDIS_5_0", "REDIS_6_X", "REDIS_7_0", "REDIS_7_2"] },
    authorizedNetwork: inNetwork,
    connectMode: {
      options: ["DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS"],
      default: "DIRECT_PEERING",
      replaces: true,
    },
    reservedIpRange: { replaces: true },
    authEnabled: { default: false },
    transitEncryptionMode: {
      options: ["SERVER_AUTHENTICATION", "DISABLED"],
      default: "DISABLED",
      replaces: true,
    },
    "persistenceConfig.persistenceMode": { options: ["DISABLED", "RDB"] },
    "persistenceConfig.rdbSnapshotPeriod": {
      options: ["ONE_HOUR", "SIX_HOURS", "TWELVE_HOURS", "TWENTY_FOUR_HOURS"],
    },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 40, lower: true },
    taken: "Error 409: Resource already exists, alreadyExists",
  },
  refuse: (inputs) => [
    ...wrongLabels(inputs),
    ...(inputs.authorizedNetwork === undefined
      ? ['"authorizedNetwork" is needed: the simulated cloud has no network "default"']
      : []),
    ...(inputs.transitEncryptionMode === "SERVER_AUTHENTICATION"
      ? []
      : ['"transitEncryptionMode" must be SERVER_AUTHENTICATION: servers without TLS are not simulated']),
    ...policyOf(inputs).wrong,
    ...wrongRange(inputs),
  ],
  id: (making) => path(making, `locations/${making.world.region}/instances`),
  admit: ({ world, id, inputs }) => {
    const vpc = networkOf(world, given({ inputs }, "authorizedNetwork"));
    if (inputs.connectMode !== "PRIVATE_SERVICE_ACCESS") {
      const range = given({ inputs }, "reservedIpRange");
      if (vpc !== undefined && range !== "") requireFreeRanges(world, vpc, [range], id);
      return;
    }
    const connected = world.store
      .living([t.connection])
      .some((found) => networkOf(world, textOf(found.inputs, "network"))?.id === vpc?.id);
    if (!connected)
      throw new Refused(
        `Error 400: Google private services access is not enabled. Enable privateServiceAccess and try again on network ${vpc?.id ?? ""}., badRequest`,
      );
  },
  outputs: {
    authString: (making) => (making.inputs.authEnabled === true ? password(making) : ""),
    port: ({ inputs }) => portOf(inputs),
    createTime: ({ created }) => time(created),
    currentLocationId: ({ world }) => zonesOf(world.region)[0],
    locationId: ({ world }) => zonesOf(world.region)[0],
    persistenceIamIdentity: () => "",
    // Told by the backend.
    host: () => undefined,
    serverCaCerts: () => undefined,
  },
  secretOutputs: ["authString"],
  behind: async (making) => {
    const { world, id, inputs } = making;
    const address = await world.backend.redis.ensure({
      id,
      host: "",
      port: portOf(inputs),
      users: [],
      policy: policyOf(inputs).policy,
      ...(inputs.authEnabled === true ? { password: password(making) } : {}),
    });
    const { cert, createTime, expirationTime, sha1Fingerprint } = certificateFacts(
      await world.backend.rootsPem(),
    );
    return {
      host: address ?? "",
      serverCaCerts: [{ cert, createTime, expireTime: expirationTime, serialNumber: "0", sha1Fingerprint }],
    };
  },
  protectedBy: ({ id, inputs }) =>
    inputs.deletionProtection === false
      ? undefined
      : `cannot destroy redis instance ${id} without setting deletion_protection=false and running \`pulumi up\``,
  remove: ({ world, record }) => world.backend.redis.remove(record.id),
  // Private services access: its connection is held a while longer, and the name with it.
  keeps: ({ inputs }) =>
    inputs.connectMode === "PRIVATE_SERVICE_ACCESS"
      ? { hours: 1, why: "Google tidies up behind a deleted instance" }
      : undefined,
});

/** Of its own peering, the range itself; of private services access, the name of one of the connection's. */
function wrongRange(inputs: PlainBag): readonly string[] {
  const range = inputs.reservedIpRange;
  if (range === undefined || inputs.connectMode === "PRIVATE_SERVICE_ACCESS") return [];
  const parsed = parseCidr(String(range));
  const fits = parsed !== undefined && parsed.bits <= 29;
  return fits
    ? []
    : [
        `"reservedIpRange" must be a range of eight addresses or more, like 10.0.0.0/29, not "${String(range)}"`,
      ];
}

const policies = [
  "noeviction",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
];

function policyOf(inputs: PlainBag): { readonly policy: string; readonly wrong: readonly string[] } {
  const policy = textOf(bagOf(inputs, "redisConfigs"), "maxmemory-policy") || "volatile-lru";
  const wrong = policies.includes(policy)
    ? []
    : [`redisConfigs "maxmemory-policy" must be one of ${policies.join(", ")}, not "${policy}"`];
  return { policy, wrong };
}

export const redis: Readonly<Record<string, Kind>> = { [t.redis]: instance };
