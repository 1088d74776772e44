/** A stack file's platform on AWS: its keys, what is wrong with them, and the platform they make. */
import { z } from "zod";
import { awsLimits } from "../../providers/aws/limits.ts";
import { awsOffers, sharedDriver } from "../../providers/aws/offers.ts";
import { estimate } from "../../providers/aws/prices.ts";
import {
  kubernetesVersions,
  postgresVersions,
  regions,
  valkeyVersions,
} from "../../providers/aws/regions.ts";
import type { AwsSettings } from "../../providers/aws/settings.ts";
import { broughtDatabase, broughtRedis, databaseKeys } from "../brought.ts";
import { cloudKeys, port, roots } from "../platformKeys.ts";
import { awsSignIn } from "../signIn/aws.ts";
import { checkAws } from "./awsChecks.ts";
import type { CloudTarget } from "./cloud.ts";
import { privateAtFirst, unreachableEndpoint } from "./endpoint.ts";

const subnetId = z.string().regex(/^subnet-[0-9a-f]+$/, { error: "a subnet's id, subnet-..." });

const network = z
  .strictObject({
    cidr: z.string().describe("Addresses of the VPC that is made, /16 to /22. Default: 10.0.0.0/16."),
    vpcId: z
      .string()
      .regex(/^vpc-[0-9a-f]+$/, { error: "a VPC's id, vpc-..." })
      .describe("A VPC that is there already, with DNS support and DNS hostnames switched on."),
    privateSubnetIds: z
      .array(subnetId)
      .describe("With vpcId: subnets of at least two zones, for nodes, database and cache."),
    publicSubnetIds: z
      .array(subnetId)
      .describe("With vpcId: subnets of at least two zones, for the edge's load balancer."),
  })
  .partial()
  .describe("The network, made unless vpcId names one.");

const cluster = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .optional()
      .describe("An EKS cluster in Auto Mode that is there already; network.vpcId must name its VPC."),
    version: z.enum(kubernetesVersions).default("1.35").describe("Kubernetes."),
    endpoint: z
      .strictObject({
        access: z
          .enum(["private", "public"])
          .default("private")
          .describe("private: whoever runs Portolan must be in the VPC, or reach it. public: needs cidrs."),
        cidrs: z
          .array(z.string())
          .default([])
          .describe("Who may call a public endpoint, e.g. 203.0.113.7/32."),
      })
      .default({ access: "private", cidrs: [] }),
    adminRoles: z
      .array(
        z.string().regex(/^arn:aws:iam::\d{12}:(role|user)\/.+$/, {
          error: "the ARN of a role with its path, arn:aws:iam::<account>:role/...",
        }),
      )
      .default([])
      .describe(
        "Who administers the cluster: the role that runs Portolan first. Needed in production. Default in a disposable stack: whoever makes it.",
      ),
    serviceCidr: z
      .string()
      .optional()
      .describe("Addresses of Services, /12 to /24. Default: a range that EKS chooses beside the VPC's."),
  })
  .describe("The EKS cluster in Auto Mode.");

const database = z
  .strictObject({
    version: z.enum(postgresVersions).default("17").describe("PostgreSQL, by its major version."),
    ...databaseKeys("RDS"),
  })
  .describe("Postgres: RDS, or a server that is there already.");

const redis = z
  .strictObject({
    version: z.enum(valkeyVersions).default("8.1").describe("Valkey."),
    host: z.string().min(1).optional().describe("A server that is there already, in place of ElastiCache."),
    port: port.default(6379),
    roots: roots.default("system"),
    isolation: z
      .enum(["instance", "acl", "prefix"])
      .optional()
      .describe("With host: how tenants are kept apart on it. Default: prefix. Each names its account."),
  })
  .describe("Redis: ElastiCache for Valkey, or a server that is there already.");

/** `portolan:platform` of kind aws. */
export const awsSchema = z.strictObject({
  kind: z.literal("aws"),
  ...cloudKeys,
  region: z.enum(regions).describe("A cell's is its base's."),
  account: z
    .string()
    .regex(/^\d{12}$/, { error: "an account's id: 12 digits, in quotes" })
    .optional()
    .describe("The only account that may be changed, whatever the credentials are for."),
  network: network.default({}),
  cluster: cluster.prefault({}),
  database: database.prefault({}),
  redis: redis.prefault({}),
  quotas: z
    .strictObject({
      redisUsers: z.int().min(100).describe("Users of one ElastiCache user group (L-943F0F1C)."),
      roles: z.int().min(1000).max(5000).describe("IAM roles of the account."),
    })
    .partial()
    .default({})
    .describe(
      "Quotas that AWS raised for you: more tenants then fit on the platform. A cell's are its base's.",
    ),
  dns: z
    .strictObject({
      zoneId: z
        .string()
        .regex(/^Z[A-Z0-9]+$/, { error: "a hosted zone's id, Z..." })
        .describe(
          "Public hosted zone that holds edge.domain: gets a record for it, and one for all hosts below.",
        ),
    })
    .optional()
    .describe("Route 53. Without it, the hosts' records are yours to make."),
});

export type AwsConfig = z.infer<typeof awsSchema>;

/** The same in the provider's words: what is brought and what is made are told apart once, here. */
export function awsSettings(config: AwsConfig): AwsSettings {
  const { region, account, network, cluster, database, redis, dns } = config;
  return {
    region,
    account,
    network: network.vpcId
      ? {
          kind: "existing",
          vpcId: network.vpcId,
          privateSubnetIds: network.privateSubnetIds ?? [],
          publicSubnetIds: network.publicSubnetIds ?? [],
        }
      : { kind: "new", cidr: network.cidr ?? "10.0.0.0/16" },
    cluster: cluster.name
      ? { kind: "existing", name: cluster.name }
      : {
          kind: "new",
          version: cluster.version,
          endpoint: cluster.endpoint,
          adminRoles: cluster.adminRoles,
          serviceCidr: cluster.serviceCidr,
        },
    database: broughtDatabase(database) ?? { kind: "new", version: database.version },
    redis: broughtRedis(redis) ?? { kind: "new", version: redis.version },
    dns,
  };
}

/** The provider and its SDK are loaded only when something is built. */
export function awsCloud(config: AwsConfig): CloudTarget {
  const settings = awsSettings(config);
  return {
    problems: config.on ? [] : checkAws(config),
    cluster: settings.cluster.kind,
    sharedDriver,
    signIn: awsSignIn,
    unreachable: unreachableEndpoint(config, { network: "VPC", opens: true }),
    unreachableAtFirst: privateAtFirst(config, config.network.vpcId === undefined),
    offers: awsOffers(settings),
    limits: (use) => awsLimits(settings, config.quotas, use),
    estimate: (use) => estimate({ ...use, settings }),
    build: async (request) => {
      const { AwsPlatform } = await import("../../providers/aws/platform.ts");
      return new AwsPlatform("platform", { ...request, settings });
    },
    cell: async (request) => {
      const { AwsCell } = await import("../../providers/aws/cell.ts");
      return new AwsCell("platform", { ...request, settings });
    },
  };
}
