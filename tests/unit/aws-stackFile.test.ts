/** A stack file's platform on AWS: what is taken, what is refused, and in which words. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { awsCloud, awsSchema, awsSettings } from "../../stacks/clouds/aws.ts";
import { checkAws } from "../../stacks/clouds/awsChecks.ts";
import { readParts } from "../../stacks/values.ts";

const admin = "arn:aws:iam::123456789012:role/ci/deploy";
const base = { kind: "aws", region: "us-east-1", cluster: { adminRoles: [admin] } };

function problems(over: Record<string, unknown>): string[] {
  return checkAws(awsSchema.parse({ ...base, ...over })).map(({ key, allowed }) => `${key}: ${allowed}`);
}

describe("the shortest stack file", () => {
  it("is a production platform behind a private endpoint, all of it made", () => {
    const config = awsSchema.parse(base);
    expect(checkAws(config)).toEqual([]);
    expect(config).toMatchObject({ lifecycle: "production", size: "small" });
    expect(awsSettings(config)).toEqual({
      region: "us-east-1",
      account: undefined,
      network: { kind: "new", cidr: "10.0.0.0/16" },
      cluster: {
        kind: "new",
        version: "1.35",
        endpoint: { access: "private", cidrs: [] },
        adminRoles: [admin],
        serviceCidr: undefined,
      },
      database: { kind: "new", version: "17" },
      redis: { kind: "new", version: "8.1" },
      dns: undefined,
    });
    expect(awsCloud(config).offers.redis).toEqual(["acl"]);
  });

  it("needs no cluster's keys when it is disposable, or a cell", () => {
    const disposable = awsSchema.parse({ kind: "aws", region: "eu-west-1", lifecycle: "disposable" });
    expect(awsCloud(disposable).problems).toEqual([]);
    const cell = awsSchema.parse({ kind: "aws", region: "eu-west-1", on: "organization/portolan/us-prod" });
    expect(awsCloud(cell).problems).toEqual([]);
  });
});

describe("a word that is none of the vocabulary's", () => {
  it.each([
    [{ region: "us-east-9" }, ["region"]],
    [{ cluster: { version: "1.20" } }, ["cluster", "version"]],
    [{ database: { version: "14" } }, ["database", "version"]],
    [{ redis: { version: "6.2" } }, ["redis", "version"]],
    [{ account: "12345" }, ["account"]],
    [{ dns: { zoneId: "example.com" } }, ["dns", "zoneId"]],
    [{ network: { vpcId: "mine" } }, ["network", "vpcId"]],
    [{ cluster: { adminRoles: ["deploy"] } }, ["cluster", "adminRoles", 0]],
  ])("%j is refused at its key", (over, path) => {
    const result = awsSchema.safeParse({ ...base, ...over });
    expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

describe("keys that do not go together", () => {
  const subnets = { privateSubnetIds: ["subnet-1", "subnet-2"], publicSubnetIds: ["subnet-3", "subnet-4"] };

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "a range that is none",
      { network: { cidr: "10.0.0.1/16" } },
      ["portolan:platform.network.cidr: an IPv4 range in CIDR notation, without bits below its prefix"],
    ],
    [
      "a range too small",
      { network: { cidr: "10.0.0.0/24" } },
      [
        "portolan:platform.network.cidr: /16 to /22: AWS takes nothing larger, and every pod has an address of its own",
      ],
    ],
    [
      "a network with too few subnets",
      {
        network: { vpcId: "vpc-1", privateSubnetIds: ["subnet-1"], publicSubnetIds: subnets.publicSubnetIds },
      },
      ["portolan:platform.network.privateSubnetIds: two different subnets at least, of different zones"],
    ],
    [
      "the same subnet twice",
      { network: { vpcId: "vpc-1", ...subnets, publicSubnetIds: ["subnet-3", "subnet-3"] } },
      ["portolan:platform.network.publicSubnetIds: two different subnets at least, of different zones"],
    ],
    [
      "subnets without their network",
      { network: { privateSubnetIds: subnets.privateSubnetIds } },
      ["portolan:platform.network.privateSubnetIds: nothing where the network is made"],
    ],
    [
      "a range for a network that is there",
      { network: { vpcId: "vpc-1", cidr: "10.0.0.0/16", ...subnets } },
      ["portolan:platform.network.cidr: nothing beside vpcId: that network has its addresses"],
    ],
    [
      "a public endpoint for everyone in production",
      { cluster: { adminRoles: [admin], endpoint: { access: "public", cidrs: ["0.0.0.0/0"] } } },
      [
        "portolan:platform.cluster.endpoint.cidrs: in production, the addresses that may call a public endpoint",
      ],
    ],
    [
      "addresses for a private endpoint",
      { cluster: { adminRoles: [admin], endpoint: { cidrs: ["203.0.113.7/32"] } } },
      ["portolan:platform.cluster.endpoint.cidrs: nothing with a private endpoint"],
    ],
    [
      "addresses that are none",
      { cluster: { adminRoles: [admin], endpoint: { access: "public", cidrs: ["203.0.113.7"] } } },
      [
        "portolan:platform.cluster.endpoint.cidrs[0]: an IPv4 range in CIDR notation, without bits below its prefix",
      ],
    ],
    [
      "a range of Services inside the network",
      { network: { cidr: "10.20.0.0/16" }, cluster: { adminRoles: [admin], serviceCidr: "10.20.0.0/20" } },
      ["portolan:platform.cluster.serviceCidr: a range beside the VPC's, 10.20.0.0/16"],
    ],
    [
      "a range of Services that is public",
      { cluster: { adminRoles: [admin], serviceCidr: "203.0.113.0/24" } },
      ["portolan:platform.cluster.serviceCidr: /12 to /24 within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"],
    ],
    [
      "a production cluster that nobody administers",
      { cluster: {} },
      [
        "portolan:platform.cluster.adminRoles: in production, the roles that administer the cluster, the one that runs Portolan among them",
      ],
    ],
    [
      "a cluster without its network",
      { cluster: { name: "mine" } },
      ["portolan:platform.network.vpcId: the VPC of cluster mine"],
    ],
    [
      "a database without its admin",
      { database: { host: "postgres.mine.example" } },
      [
        "portolan:platform.database.admin: host and admin together: a server that is there, and how accounts are made on it",
      ],
    ],
  ])("%s", (_title, over, expected) => {
    expect(problems(over)).toEqual(expected);
  });

  it("are all told at once", () => {
    expect(problems({ network: { cidr: "10/8" }, cluster: { endpoint: { access: "public" } } }).length).toBe(
      3,
    );
  });
});

describe("the stack files of this repository", () => {
  it.each(["us-prod", "drill-aws"])("%s is right", (name) => {
    const text = readFileSync(fileURLToPath(new URL(`../../Pulumi.${name}.yaml`, import.meta.url)), "utf8");
    const { config } = parse(text);
    expect(checkAws(awsSchema.parse(config["portolan:platform"]))).toEqual([]);
    const keys = Object.entries(config).filter(([key]) => key.startsWith("portolan:"));
    const { parts, problems } = readParts(
      Object.fromEntries(keys.map(([key, value]) => [key, JSON.stringify(value)])),
    );
    expect(problems).toEqual([]);
    expect(parts.platform?.kind).toBe("aws");
  });
});
