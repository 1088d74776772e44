/** A stack file's platform on Azure: what is taken, what is refused, and in which words. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { apps } from "../../apps/index.ts";
import { azureCloud, azureSchema, azureSettings } from "../../stacks/clouds/azure.ts";
import { checkAzure } from "../../stacks/clouds/azureChecks.ts";
import { checkNeeds } from "../../stacks/needsChecks.ts";
import { givenSubnet, group } from "./azure-fixtures.ts";

const groups = { adminGroupObjectIds: [group] };
const base = { kind: "azure", region: "westeurope", cluster: groups };

function problems(over: Record<string, unknown>): string[] {
  return checkAzure(azureSchema.parse({ ...base, ...over })).map(({ key, allowed }) => `${key}: ${allowed}`);
}

describe("the shortest stack file", () => {
  it("is a production platform behind a private endpoint, all of it made", () => {
    const config = azureSchema.parse(base);
    expect(checkAzure(config)).toEqual([]);
    expect(config).toMatchObject({ lifecycle: "production", size: "small" });
    expect(azureSettings(config)).toMatchObject({
      region: "westeurope",
      zones: ["1", "2", "3"],
      network: { kind: "new", cidr: "10.64.0.0/16" },
      cluster: {
        kind: "new",
        version: "1.35",
        endpoint: { access: "private", cidrs: [] },
        adminGroupObjectIds: [group],
        podCidr: "10.244.0.0/16",
        serviceCidr: "10.0.0.0/16",
        outbound: "loadBalancer",
      },
      login: "azurecli",
      database: { kind: "new", version: "17", geoRedundantBackup: false },
      redis: { kind: "new", isolation: "prefix" },
      loadBalancer: "public",
    });
    expect(azureCloud(config).offers.redis).toEqual(["prefix"]);
  });

  it("takes no zones where the region has none", () => {
    expect(azureSettings(azureSchema.parse({ ...base, region: "westus" })).zones).toEqual([]);
  });

  it("needs no cluster's keys as a cell", () => {
    const cell = azureSchema.parse({
      kind: "azure",
      region: "westeurope",
      on: "organization/portolan/eu-prod",
    });
    expect(azureCloud(cell).problems).toEqual([]);
  });
});

describe("a word that is none of the vocabulary's", () => {
  it.each([
    [{ region: "europe-west" }, ["region"]],
    [{ cluster: { ...groups, version: "1.20" } }, ["cluster", "version"]],
    [{ database: { version: "11" } }, ["database", "version"]],
    [{ database: { storage: 16 } }, ["database", "storage"]],
    [{ subscriptionId: "mine" }, ["subscriptionId"]],
    [{ network: { nodeSubnetId: "nodes" } }, ["network", "nodeSubnetId"]],
    [{ cluster: { adminGroupObjectIds: ["admins"] } }, ["cluster", "adminGroupObjectIds", 0]],
    [{ login: "password" }, ["login"]],
  ])("%j is refused at its key", (over, path) => {
    const result = azureSchema.safeParse({ ...base, ...over });
    expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

describe("keys that do not go together", () => {
  const subnets = {
    nodeSubnetId: givenSubnet("nodes"),
    endpointSubnetId: givenSubnet("endpoints"),
    databaseSubnetId: givenSubnet("database"),
  };
  const range = (prefixes: string) =>
    `an IPv4 range in CIDR notation, without bits below its prefix, ${prefixes}`;

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "a range that is none",
      { network: { cidr: "10.64.0.1/16" } },
      [`portolan:platform.network.cidr: ${range("/10 to /24")}`],
    ],
    [
      "a range too small",
      { network: { cidr: "10.64.0.0/27" } },
      [`portolan:platform.network.cidr: ${range("/10 to /24")}`],
    ],
    [
      "a network where Services have their addresses",
      { network: { cidr: "10.0.0.0/20" } },
      ["portolan:platform.cluster.serviceCidr: a range beside portolan:platform.network.cidr, 10.0.0.0/20"],
    ],
    [
      "fewer pods' addresses than the size has nodes",
      { size: "large", cluster: { ...groups, podCidr: "10.244.0.0/18" } },
      ["portolan:platform.cluster.podCidr: /17 or larger: 80 nodes of size large, a /24 for each"],
    ],
    [
      "pods where Services are",
      { cluster: { ...groups, podCidr: "10.0.0.0/15" } },
      [
        "portolan:platform.cluster.serviceCidr: a range beside portolan:platform.cluster.podCidr, 10.0.0.0/15",
      ],
    ],
    [
      "subnets without the nodes' one",
      { network: { endpointSubnetId: subnets.endpointSubnetId } },
      ["portolan:platform.network.endpointSubnetId: nothing where the network is made"],
    ],
    [
      "a network without subnets for database and endpoints",
      { network: { nodeSubnetId: subnets.nodeSubnetId } },
      [
        "portolan:platform.network.endpointSubnetId: a subnet of the same network for private endpoints",
        "portolan:platform.network.databaseSubnetId: a subnet delegated to Microsoft.DBforPostgreSQL/flexibleServers, /28 or larger",
      ],
    ],
    [
      "subnets of two networks",
      { network: { ...subnets, databaseSubnetId: givenSubnet("database").replace("hub", "spoke") } },
      [
        `portolan:platform.network.databaseSubnetId: a subnet of ${givenSubnet("x").replace("/subnets/x", "")}`,
      ],
    ],
    [
      "a range for a network that is there",
      { network: { cidr: "10.64.0.0/16", ...subnets } },
      ["portolan:platform.network.cidr: nothing beside nodeSubnetId: that network has its addresses"],
    ],
    [
      "a public endpoint for everyone in production",
      { cluster: { ...groups, endpoint: { access: "public", cidrs: ["0.0.0.0/0"] } } },
      [
        "portolan:platform.cluster.endpoint.cidrs: in production, the addresses that may call a public endpoint",
      ],
    ],
    [
      "addresses for a private endpoint",
      { cluster: { ...groups, endpoint: { cidrs: ["203.0.113.7/32"] } } },
      ["portolan:platform.cluster.endpoint.cidrs: nothing with a private endpoint"],
    ],
    [
      "addresses that are none",
      { cluster: { ...groups, endpoint: { access: "public", cidrs: ["203.0.113.7"] } } },
      [`portolan:platform.cluster.endpoint.cidrs[0]: ${range("/0 to /32")}`],
    ],
    [
      "a cluster that nobody could enter",
      { cluster: {} },
      ["portolan:platform.cluster.adminGroupObjectIds: at least one group, and whoever runs Portolan in it"],
    ],
    [
      "a cluster without its resource group",
      { cluster: { name: "mine" }, network: subnets },
      [
        "portolan:platform.cluster.resourceGroup: name and resourceGroup together: a cluster that is there already",
      ],
    ],
    [
      "a cluster without its network",
      { cluster: { name: "mine", resourceGroup: "theirs" } },
      ["portolan:platform.network.nodeSubnetId: the subnet of the nodes of cluster mine"],
    ],
    [
      "routes in a network that is made",
      { cluster: { ...groups, outbound: "userDefinedRouting" } },
      ["portolan:platform.cluster.outbound: loadBalancer where the network is made: it has no route table"],
    ],
    [
      "a database without its admin",
      { database: { host: "postgres.mine.example" } },
      [
        "portolan:platform.database.admin: host and admin together: a server that is there, and how accounts are made on it",
      ],
    ],
    [
      "users of the cache, which has none",
      { redis: { isolation: "acl" } },
      [
        "portolan:platform.redis.isolation: prefix | instance: Azure Managed Redis has no users that are bound to keys",
      ],
    ],
  ])("%s", (_title, over, expected) => {
    expect(problems(over)).toEqual(expected);
  });

  it("are all told at once", () => {
    expect(problems({ network: { cidr: "10/8" }, cluster: {}, redis: { isolation: "acl" } }).length).toBe(3);
  });
});

describe("the stack files of this repository", () => {
  it.each(["eu-prod", "drill-azure"])("Pulumi.%s.yaml has no mistake", (name) => {
    const file = parse(readFileSync(new URL(`../../Pulumi.${name}.yaml`, import.meta.url), "utf8"));
    const config = azureSchema.parse(file.config["portolan:platform"]);
    expect(azureCloud(config).problems).toEqual([]);
    const app = apps[String(file.config["portolan:app"].name)];
    if (!app) throw new Error("no such application");
    const { offers } = azureCloud(config);
    expect(checkNeeds(app, offers, "azure")).toEqual([]);
  });
});
