/** A stack file's platform on Google Cloud: its keys, what is wrong with them, and the platform they make. */
import { z } from "zod";
import { gcpLimits } from "../../providers/gcp/limits.ts";
import { gcpOffers, sharedDriver } from "../../providers/gcp/offers.ts";
import { estimate } from "../../providers/gcp/prices.ts";
import { postgresVersions, redisVersions, regions, releaseChannels } from "../../providers/gcp/regions.ts";
import type { GcpSettings } from "../../providers/gcp/settings.ts";
import { broughtDatabase, broughtRedis, databaseKeys } from "../brought.ts";
import { cloudKeys, port, roots } from "../platformKeys.ts";
import type { Problem } from "../problems.ts";
import { gcpSignIn } from "../signIn/gcp.ts";
import type { CloudTarget } from "./cloud.ts";
import { checkGcp } from "./gcpChecks.ts";
import { defaultRanges, rangesOf } from "./gcpRanges.ts";

const name = z.string().regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: "a name of Google Cloud: up to 63 of lower case, digits and dashes, a letter first",
});

const network = z
  .strictObject({
    nodes: z.string().describe(`Addresses of nodes, the subnet's own. Default: ${defaultRanges.nodes}.`),
    pods: z
      .string()
      .describe(`Addresses of pods, of which each node takes 64. Default: ${defaultRanges.pods}.`),
    services: z.string().describe(`Addresses of Services. Default: ${defaultRanges.services}.`),
    googleServices: z
      .string()
      .describe(`Addresses of Redis, which takes the first eight. Default: ${defaultRanges.googleServices}.`),
    name: name.describe("A VPC of this project that is there already."),
    subnet: name.describe("With name: the subnet of nodes, in the same region, with a way out."),
    podRange: name.describe("With name: the subnet's secondary range of pods."),
    serviceRange: name.describe("With name: the subnet's secondary range of Services."),
    privateServices: z
      .boolean()
      .describe("With name: whether private services access is set up in it. Default: false."),
  })
  .partial()
  .describe("The network, made unless `name` names one.");

const cluster = z
  .strictObject({
    name: name
      .max(40)
      .optional()
      .describe("A GKE cluster with workload identity that is there already; network.name must be its VPC."),
    location: z.string().min(1).optional().describe("With name: its region or zone. Default: the region."),
    channel: z.enum(releaseChannels).default("REGULAR").describe("How soon GKE upgrades the cluster."),
    access: z
      .enum(["dns", "ip"])
      .default("dns")
      .describe("dns: whoever IAM lets in, by the cluster's DNS name. ip: from `sources`, by its address."),
    sources: z.array(z.string()).default([]).describe("With access ip: who may call, e.g. 203.0.113.7/32."),
    ownKey: z
      .boolean()
      .optional()
      .describe(
        "Encrypts the cluster's Secrets with a key of Cloud KMS, which can never be deleted. Default: in production.",
      ),
  })
  .describe("The GKE cluster, in Autopilot mode.");

const database = z
  .strictObject({
    version: z.enum(postgresVersions).default("17").describe("PostgreSQL, by its major version."),
    ...databaseKeys("Cloud SQL"),
  })
  .describe("Postgres: Cloud SQL, or a server that is there already.");

const redis = z
  .strictObject({
    version: z.enum(redisVersions).default("7.2").describe("Redis."),
    host: z.string().min(1).optional().describe("A server that is there already, in place of Memorystore."),
    port: port.default(6379),
    roots: roots.default("system"),
    isolation: z
      .enum(["instance", "acl", "prefix"])
      .default("prefix")
      .describe(
        "prefix: one for all tenants. instance: one for each tenant, which each costs its own. acl: only with host.",
      ),
  })
  .describe("Redis: Memorystore, or a server that is there already.");

export const gcpSchema = z.strictObject({
  kind: z.literal("gcp"),
  ...cloudKeys,
  project: z
    .string()
    .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, {
      error: "a project's id: 6 to 30 of lower case, digits and dashes, a letter first",
    })
    .describe("Best one that nothing else uses. A cell's is its base's."),
  region: z.enum(regions).describe("A cell's is its base's."),
  network: network.default({}),
  cluster: cluster.prefault({}),
  database: database.prefault({}),
  redis: redis.prefault({}),
  dns: z
    .strictObject({
      zone: name.describe(
        "Name of the public managed zone of edge.domain: gets a record for it and one for all hosts below.",
      ),
    })
    .optional()
    .describe("Cloud DNS. Without it, the hosts' records are yours to make."),
});

export type GcpConfig = z.infer<typeof gcpSchema>;

export function gcpSettings(config: GcpConfig): GcpSettings {
  const { project, region, dns } = config;
  return {
    project,
    region,
    network: networkOf(config),
    cluster: clusterOf(config),
    database: broughtDatabase(config.database) ?? { kind: "new", version: config.database.version },
    redis: redisOf(config),
    dns,
  };
}

function networkOf({ network: given }: GcpConfig): GcpSettings["network"] {
  const { name: vpc, subnet = "", podRange = "", serviceRange = "", privateServices = false } = given;
  if (vpc !== undefined) {
    return { kind: "existing", network: vpc, subnetwork: subnet, podRange, serviceRange, privateServices };
  }
  return { kind: "new", ...rangesOf(given) };
}

function clusterOf({ cluster: given, region }: GcpConfig): GcpSettings["cluster"] {
  const { name: existing, location, channel, access, sources, ownKey } = given;
  if (existing !== undefined) {
    return { kind: "existing", name: existing, location: location ?? region, access };
  }
  const way = access === "dns" ? { kind: "dns" as const } : { kind: "ip" as const, sources };
  return { kind: "new", channel, access: way, ownKey };
}

function redisOf({ redis: given }: GcpConfig): GcpSettings["redis"] {
  // `acl` is among the mistakes, which end the run first.
  const isolation = given.isolation === "instance" ? "instance" : "prefix";
  return broughtRedis(given) ?? { kind: "new", version: given.version, isolation };
}

/** By its DNS name a cluster answers everybody, so what stands between is this machine's own firewall. */
function unreachableCluster({ on, cluster: { name: existing, access, sources } }: GcpConfig): Problem {
  const allowed = "a cluster whose API answers the machine that runs Portolan";
  const way = "let this machine call *.gke.goog on port 443, or set HTTPS_PROXY to what does";
  if (on !== undefined) {
    return {
      key: "portolan:platform.on",
      value: on,
      allowed,
      remedy: "run the cell from where its base is run",
    };
  }
  if (access === "dns")
    return { key: "portolan:platform.cluster.access", value: access, allowed, remedy: way };
  return existing === undefined
    ? {
        key: "portolan:platform.cluster.sources",
        value: sources,
        allowed,
        remedy: "add the address by which this machine goes out, as a /32; or set cluster.access to dns",
      }
    : {
        key: "portolan:platform.cluster.name",
        value: existing,
        allowed,
        remedy:
          "add this machine's address to that cluster's authorized networks, or set cluster.access to dns",
      };
}

export function gcpCloud(config: GcpConfig): CloudTarget {
  const settings = gcpSettings(config);
  return {
    problems: config.on ? [] : checkGcp(config),
    cluster: settings.cluster.kind,
    sharedDriver,
    signIn: gcpSignIn,
    unreachable: unreachableCluster(config),
    unreachableAtFirst: undefined,
    offers: gcpOffers(settings),
    limits: (use) => gcpLimits(settings, use),
    estimate: (use) => estimate({ ...use, settings }),
    build: async (request) => {
      const { GcpPlatform } = await import("../../providers/gcp/platform.ts");
      return new GcpPlatform("platform", { ...request, settings });
    },
    cell: async (request) => {
      const { GcpCell } = await import("../../providers/gcp/cell.ts");
      return new GcpCell("platform", { ...request, settings });
    },
  };
}
