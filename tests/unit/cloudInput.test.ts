/**
 * Bad input on each cloud, through the whole reading of a stack file: one mistake is one error, in these words, before
 * anything is created. What a cloud has to be asked for is in the tests of its own (`*-brought`, `aws-pure`), who signs
 * in is in signIn.test.ts, and a cluster that does not answer in reach.test.ts.
 */
import { describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import * as aws from "../../providers/aws/regions.ts";
import * as azure from "../../providers/azure/regions.ts";
import * as gcp from "../../providers/gcp/regions.ts";
import { checkTogether } from "../../stacks/config.ts";
import { StackFileError } from "../../stacks/problems.ts";
import { readParts } from "../../stacks/values.ts";

const role = "arn:aws:iam::111122223333:role/portolan";
const group = "11111111-2222-4333-8444-555555555555";
const good = {
  aws: { kind: "aws", region: "us-east-1", cluster: { adminRoles: [role] } },
  azure: { kind: "azure", region: "westeurope", cluster: { adminGroupObjectIds: [group] } },
  gcp: { kind: "gcp", region: "us-east1", project: "clinic-1" },
} as const;
type Cloud = keyof typeof good;

function messageOf(cloud: Cloud, over: Record<string, unknown>, secrets = {}): string {
  const keys = {
    platform: { ...good[cloud], ...over },
    app: { name: "probe", version: "1.0.0" },
    edge: { kind: "traefik", issuer: "x", domain: "portolan.test" },
    secrets,
    tenants: { bhc: { hosts: ["bhc.portolan.test"] } },
  };
  const raw = Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]);
  const { parts, problems } = readParts(Object.fromEntries(raw));
  const all = [...problems, ...checkTogether(parts, apps)];
  return all.length === 0 ? "" : new StackFileError(all).message;
}

/** Key below `portolan:platform`, value, allowed, remedy. */
type Told = readonly [string, unknown, string, string];

function message([key, value, allowed, remedy]: Told): string {
  return [
    "The stack's configuration has a mistake; nothing was changed.",
    "",
    `  portolan:platform.${key}`,
    ...(value === undefined ? [] : [`    value:   ${JSON.stringify(value)}`]),
    `    allowed: ${allowed}`,
    `    remedy:  ${remedy}`,
  ].join("\n");
}

const choose = "choose one of these";
const cidr = "an IPv4 range in CIDR notation, without bits below its prefix";

describe("one mistake is one error", () => {
  it.each<[string, Cloud, Record<string, unknown>, Told]>([
    [
      "a region that is not offered",
      "aws",
      { region: "the-moon" },
      ["region", "the-moon", aws.regions.join(" | "), choose],
    ],
    [
      "a region that is not offered",
      "azure",
      { region: "marsnorthwest" },
      ["region", "marsnorthwest", azure.regions.join(" | "), choose],
    ],
    [
      "a region misspelt",
      "gcp",
      { region: "us-eats1" },
      ["region", "us-eats1", gcp.regions.join(" | "), "did you mean `us-east1`?"],
    ],
    ...(["aws", "azure", "gcp"] as const).map((cloud): [string, Cloud, Record<string, unknown>, Told] => [
      "a size that is not offered",
      cloud,
      { size: "enormous" },
      ["size", "enormous", "small | medium | large", choose],
    ]),
    [
      "a version of Kubernetes",
      "aws",
      { cluster: { adminRoles: [role], version: "1.20" } },
      ["cluster.version", "1.20", aws.kubernetesVersions.join(" | "), "did you mean `1.33`?"],
    ],
    [
      "a version of Kubernetes",
      "azure",
      { cluster: { adminGroupObjectIds: [group], version: "2" } },
      ["cluster.version", "2", azure.kubernetesVersions.join(" | "), choose],
    ],
    [
      "a channel of Kubernetes",
      "gcp",
      { cluster: { channel: "NIGHTLY" } },
      ["cluster.channel", "NIGHTLY", "RAPID | REGULAR | STABLE | EXTENDED", choose],
    ],
    [
      "a version of Postgres",
      "aws",
      { database: { version: "nine" } },
      ["database.version", "nine", aws.postgresVersions.join(" | "), choose],
    ],
    [
      "a version of Postgres",
      "azure",
      { database: { version: "nine" } },
      ["database.version", "nine", azure.postgresVersions.join(" | "), choose],
    ],
    [
      "a version of Postgres",
      "gcp",
      { database: { version: "nine" } },
      ["database.version", "nine", gcp.postgresVersions.join(" | "), choose],
    ],
    [
      "a version of Valkey",
      "aws",
      { redis: { version: "latest" } },
      ["redis.version", "latest", aws.valkeyVersions.join(" | "), choose],
    ],
    [
      "a version of Redis",
      "gcp",
      { redis: { version: "latest" } },
      ["redis.version", "latest", gcp.redisVersions.join(" | "), choose],
    ],
    [
      "a CIDR that is none",
      "aws",
      { network: { cidr: "10.0.0.1/16" } },
      ["network.cidr", "10.0.0.1/16", cidr, "write it like 10.20.0.0/16"],
    ],
    [
      "a CIDR that is none",
      "azure",
      { network: { cidr: "10.64.0.1/16" } },
      ["network.cidr", "10.64.0.1/16", `${cidr}, /10 to /24`, "write it like 10.64.0.0/16"],
    ],
    [
      "a CIDR that is none",
      "gcp",
      { network: { nodes: "10.64/20" } },
      ["network.nodes", "10.64/20", cidr, "write it like 10.64.0.0/20"],
    ],
    [
      "a CIDR too small",
      "aws",
      { network: { cidr: "10.0.0.0/24" } },
      [
        "network.cidr",
        "10.0.0.0/24",
        "/16 to /22: AWS takes nothing larger, and every pod has an address of its own",
        "choose a larger range, e.g. a /16",
      ],
    ],
    [
      "a CIDR too small",
      "azure",
      { network: { cidr: "10.64.0.0/27" } },
      ["network.cidr", "10.64.0.0/27", `${cidr}, /10 to /24`, "write it like 10.64.0.0/16"],
    ],
    [
      "a CIDR too small",
      "gcp",
      { network: { pods: "10.68.0.0/24" } },
      [
        "network.pods",
        "10.68.0.0/24",
        "/9 to /20 within 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16: each node takes 64 addresses for its pods",
        "choose a larger range",
      ],
    ],
    [
      "CIDRs that overlap",
      "aws",
      { network: { cidr: "10.20.0.0/16" }, cluster: { adminRoles: [role], serviceCidr: "10.20.0.0/20" } },
      [
        "cluster.serviceCidr",
        "10.20.0.0/20",
        "a range beside the VPC's, 10.20.0.0/16",
        "choose another, e.g. 172.20.0.0/16",
      ],
    ],
    [
      "CIDRs that overlap",
      "azure",
      { network: { cidr: "10.0.0.0/20" } },
      [
        "cluster.serviceCidr",
        "10.0.0.0/16",
        "a range beside portolan:platform.network.cidr, 10.0.0.0/20",
        "choose another, e.g. 172.20.0.0/16",
      ],
    ],
    [
      "CIDRs that overlap",
      "gcp",
      { network: { pods: "10.64.0.0/14" } },
      [
        "network.pods",
        "10.64.0.0/14",
        "a range beside portolan:platform.network.nodes, 10.64.0.0/20",
        "choose another, e.g. one of the defaults in docs/vocabulary.md",
      ],
    ],
    [
      "a network without its subnets",
      "azure",
      {
        network: {
          nodeSubnetId:
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/hub/subnets/nodes",
          endpointSubnetId:
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/hub/subnets/ends",
        },
      },
      [
        "network.databaseSubnetId",
        undefined,
        "a subnet delegated to Microsoft.DBforPostgreSQL/flexibleServers, /28 or larger",
        "name one, or name a database that is there already in database.host",
      ],
    ],
    [
      "a network without its subnets",
      "aws",
      {
        network: {
          vpcId: "vpc-1",
          privateSubnetIds: ["subnet-1"],
          publicSubnetIds: ["subnet-2", "subnet-3"],
        },
      },
      [
        "network.privateSubnetIds",
        ["subnet-1"],
        "two different subnets at least, of different zones",
        "add subnets of the VPC: the database and the load balancer stand in two zones",
      ],
    ],
    [
      "a network without its ranges",
      "gcp",
      { network: { name: "shared", subnet: "nodes", podRange: "pods" } },
      [
        "network.serviceRange",
        undefined,
        "the name of a secondary range of that subnet of shared",
        "add it: nodes, pods and Services each have addresses of that network",
      ],
    ],
    [
      "users of a Redis that has none",
      "azure",
      { redis: { isolation: "acl" } },
      [
        "redis.isolation",
        "acl",
        "prefix | instance: Azure Managed Redis has no users that are bound to keys",
        "choose instance, a cache for each tenant and each at the price of one, or name a server of your own in redis.host",
      ],
    ],
    [
      "users of a Redis that has none",
      "gcp",
      { redis: { isolation: "acl" } },
      [
        "redis.isolation",
        "acl",
        "prefix | instance: Memorystore has one password and no users",
        "choose instance (a Redis for each tenant, and its price as often as there are tenants), or name a server with users in redis.host",
      ],
    ],
    [
      "a way to keep tenants apart that is not a choice",
      "aws",
      { redis: { isolation: "prefix" } },
      [
        "redis.isolation",
        "prefix",
        "nothing without redis.host: on ElastiCache each tenant is a user of its own keys (acl)",
        "remove it, or name a server of your own in redis.host",
      ],
    ],
    [
      "a name that cannot be made to fit",
      "gcp",
      { project: "My Project" },
      [
        "project",
        "My Project",
        "a project's id: 6 to 30 of lower case, digits and dashes, a letter first",
        "change the value",
      ],
    ],
  ])("%s on %s", (_title, cloud, over, told) => {
    expect(messageOf(cloud, over)).toBe(message(told));
  });

  it.each(["aws", "azure", "gcp"] as const)("a file for write-once keys on %s, a cell too", (cloud) => {
    const escrow = "/home/me/keys.age";
    const told = [
      "  portolan:secrets.escrow",
      `    value:   "${escrow}"`,
      `    allowed: nothing, with platform kind ${cloud}`,
      "    remedy:  leave it out: write-once keys are kept in the cloud's secret manager",
    ].join("\n");
    expect(messageOf(cloud, {}, { escrow })).toContain(`a mistake; nothing was changed.\n\n${told}`);
    expect(messageOf(cloud, { on: "organization/portolan/base" }, { escrow })).toContain(told);
  });

  it("and none is none", () => {
    for (const cloud of ["aws", "azure", "gcp"] as const) expect(messageOf(cloud, {})).toBe("");
  });
});
