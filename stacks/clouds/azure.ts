/** A stack file's platform on Azure: its keys, what is wrong with them, and the platform they make. */
import { z } from "zod";
import { azureLimits } from "../../providers/azure/limits.ts";
import { azureOffers, sharedDriver } from "../../providers/azure/offers.ts";
import { estimate } from "../../providers/azure/prices.ts";
import { kubernetesVersions, postgresVersions, regions, zonesOf } from "../../providers/azure/regions.ts";
import { type AzureSettings, logins } from "../../providers/azure/settings.ts";
import { broughtDatabase, broughtRedis, databaseKeys } from "../brought.ts";
import { cloudKeys, port, roots } from "../platformKeys.ts";
import { azureSignIn } from "../signIn/azure.ts";
import { checkAzure } from "./azureChecks.ts";
import { checkAzureWith } from "./azureStackChecks.ts";
import type { CloudTarget } from "./cloud.ts";
import { privateAtFirst, unreachableEndpoint } from "./endpoint.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const resourceId = (type: string) =>
  z.string().regex(new RegExp(`^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/${type}$`, "i"), {
    error: "a full resource id, /subscriptions/...",
  });

const subnetId = resourceId("Microsoft\\.Network/virtualNetworks/[^/]+/subnets/[^/]+");
const zoneId = resourceId("Microsoft\\.Network/privateDnsZones/[^/]+");
const resourceName = z.string().min(1);

const network = z
  .strictObject({
    cidr: z.string().describe("Addresses of the network that is made, /10 to /24. Default: 10.64.0.0/16."),
    nodeSubnetId: subnetId.describe("A subnet that is there already, for the nodes."),
    endpointSubnetId: subnetId.describe("With nodeSubnetId: for private endpoints; of the same network."),
    databaseSubnetId: subnetId.describe(
      "With nodeSubnetId: delegated to Microsoft.DBforPostgreSQL/flexibleServers, with nothing else in it.",
    ),
    privateDnsZones: z
      .strictObject({ database: zoneId, redis: zoneId, blob: zoneId, file: zoneId, vault: zoneId })
      .partial()
      .describe("Ids of private DNS zones that are there and linked to the network. Default: made here."),
  })
  .partial()
  .describe("The network, made unless nodeSubnetId names a subnet of one.");

const cluster = z
  .strictObject({
    name: resourceName
      .optional()
      .describe(
        "An AKS cluster that is there already, with OIDC issuer, workload identity and Entra ID; network names its subnets.",
      ),
    resourceGroup: resourceName.optional().describe("With name: its resource group."),
    version: z.enum(kubernetesVersions).default("1.35").describe("Kubernetes; patches come by themselves."),
    endpoint: z
      .strictObject({
        access: z
          .enum(["private", "public"])
          .default("private")
          .describe(
            "private: whoever runs Portolan must be in the network, or reach it. public: needs cidrs. Fixed when the cluster is made. With name: of the vault of write-once keys alone.",
          ),
        cidrs: z
          .array(z.string())
          .default([])
          .describe("Who may call a public endpoint, and the vault of write-once keys, e.g. 203.0.113.7/32."),
      })
      .default({ access: "private", cidrs: [] }),
    adminGroupObjectIds: z
      .array(z.string().regex(uuid, { error: "the object id of a group in Entra ID" }))
      .default([])
      .describe(
        "Groups that administer cluster and vault; whoever runs Portolan must be in one of them. With name: the vault alone, whose secrets nobody else may write.",
      ),
    podCidr: z
      .string()
      .default("10.244.0.0/16")
      .describe("Addresses of pods: an overlay, /24 for each node."),
    serviceCidr: z.string().default("10.0.0.0/16").describe("Addresses of Services."),
    outbound: z
      .enum(["loadBalancer", "userDefinedRouting"])
      .default("loadBalancer")
      .describe("How nodes reach the world. userDefinedRouting: by the route table of nodeSubnetId."),
  })
  .describe("The AKS cluster.");

const database = z
  .strictObject({
    version: z.enum(postgresVersions).default("17").describe("PostgreSQL, by its major version."),
    storage: z
      .int()
      .min(32)
      .max(32_767)
      .optional()
      .describe(
        "GiB. Default: a new server begins with what its size says, and grows by itself. It never shrinks, whatever the size: here, say no less than it is.",
      ),
    geoRedundantBackup: z
      .boolean()
      .default(false)
      .describe("Backups in the paired region too; fixed when the server is made."),
    ...databaseKeys("Flexible Server"),
  })
  .describe("Postgres: Flexible Server, or a server that is there already.");

const redis = z
  .strictObject({
    isolation: z
      .enum(["instance", "acl", "prefix"])
      .default("prefix")
      .describe(
        "prefix: one cache, whose key all tenants have: only convention keeps them apart. instance: a cache for each tenant, each at the price of one. acl: only with host.",
      ),
    host: z
      .string()
      .min(1)
      .optional()
      .describe("A server that is there already. Each tenant names its account."),
    port: port.default(6379).describe("With host."),
    roots: roots.default("system"),
  })
  .describe("Redis: Azure Managed Redis, or a server that is there already.");

export const azureSchema = z.strictObject({
  kind: z.literal("azure"),
  ...cloudKeys,
  region: z.enum(regions).describe("A cell's is its base's."),
  subscriptionId: z
    .string()
    .regex(uuid, { error: "the id of a subscription" })
    .optional()
    .describe("Default: the one that the credentials select."),
  zones: z
    .array(z.enum(["1", "2", "3"]))
    .optional()
    .describe(
      "Availability zones to use, fixed when the platform is made. Default: all three, where the region has them.",
    ),
  login: z
    .enum(logins)
    .default("azurecli")
    .describe("How `kubelogin` proves who runs Portolan; workloadidentity in most pipelines."),
  network: network.default({}),
  cluster: cluster.prefault({}),
  database: database.prefault({}),
  redis: redis.prefault({}),
  vault: z
    .strictObject({ name: resourceName, resourceGroup: resourceName })
    .optional()
    .describe(
      "A Key Vault that is there already, with role-based access, for write-once keys: one an earlier state made, for example.",
    ),
  loadBalancer: z
    .enum(["public", "internal"])
    .default("public")
    .describe("The edge's: with an address of the world, or one of the network's."),
  dns: z
    .strictObject({
      zone: z.string().min(1).describe("Name of a public zone that holds edge.domain."),
      resourceGroup: resourceName,
    })
    .optional()
    .describe(
      "Azure DNS: gets a record for edge.domain and one for all hosts below. Without it, they are yours to make.",
    ),
});

export type AzureConfig = z.infer<typeof azureSchema>;

export function azureSettings(config: AzureConfig): AzureSettings {
  const { region, subscriptionId, login, network, loadBalancer, dns } = config;
  const { database, redis, blob, file, vault } = network.privateDnsZones ?? {};
  return {
    region,
    subscriptionId,
    zones: config.zones ?? zonesOf(region),
    network: network.nodeSubnetId
      ? {
          kind: "existing",
          nodeSubnetId: network.nodeSubnetId,
          endpointSubnetId: network.endpointSubnetId ?? "",
          databaseSubnetId: network.databaseSubnetId,
        }
      : { kind: "new", cidr: network.cidr ?? "10.64.0.0/16" },
    privateZones: { database, redis, blob, file, vault },
    cluster: clusterSettings(config),
    login,
    database: databaseSettings(config),
    redis: redisSettings(config),
    vault: config.vault,
    loadBalancer,
    dns,
  };
}

function clusterSettings({ cluster }: AzureConfig): AzureSettings["cluster"] {
  const { name, resourceGroup = "", ...made } = cluster;
  const { endpoint, adminGroupObjectIds } = made;
  return name
    ? { kind: "existing", name, resourceGroup, endpoint, adminGroupObjectIds }
    : { kind: "new", ...made };
}

function databaseSettings({ database }: AzureConfig): AzureSettings["database"] {
  const { version, storage, geoRedundantBackup } = database;
  return broughtDatabase(database) ?? { kind: "new", version, storage, geoRedundantBackup };
}

function redisSettings({ redis }: AzureConfig): AzureSettings["redis"] {
  const isolation = redis.isolation === "instance" ? "instance" : "prefix";
  return broughtRedis(redis) ?? { kind: "new", isolation };
}

export function azureCloud(config: AzureConfig): CloudTarget {
  const settings = azureSettings(config);
  return {
    problems: config.on ? [] : checkAzure(config),
    cluster: settings.cluster.kind,
    sharedDriver,
    problemsWith: (use) => (config.on ? [] : checkAzureWith(config, use)),
    signIn: azureSignIn(config.login, config.subscriptionId !== undefined),
    unreachable: unreachableEndpoint(config, { network: "network", opens: false }),
    unreachableAtFirst: privateAtFirst(config, config.network.nodeSubnetId === undefined),
    offers: azureOffers(settings),
    limits: (use) => azureLimits(settings, use),
    estimate: (use) => estimate({ ...use, settings }),
    build: async (request) => {
      const { AzurePlatform } = await import("../../providers/azure/platform.ts");
      return new AzurePlatform("platform", { ...request, settings });
    },
    cell: async (request) => {
      const { AzureCell } = await import("../../providers/azure/cell.ts");
      return new AzureCell("platform", { ...request, settings });
    },
  };
}
