/** A network that a user brings to Azure: what is looked at, what is refused, and in which words. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { clusterMistakes } from "../../providers/azure/existingCluster.ts";
import {
  checkedSubnets,
  databaseDelegation,
  type FoundNetwork,
  foundOf,
  networkMistakes,
} from "../../providers/azure/existingNetwork.ts";
import type { Scope } from "../../providers/azure/scope.ts";
import { mistakeText } from "../../providers/mistakes.ts";
import { t } from "../../sandbox/clouds/azure/types.ts";
import { type Answers, givenSubnet, simulate, settings as usual } from "./azure-fixtures.ts";
import { readTypes, TestCloud } from "./clouds-harness.ts";
import { run } from "./harness.ts";

const brought = {
  kind: "existing",
  nodeSubnetId: givenSubnet("nodes"),
  endpointSubnetId: givenSubnet("endpoints"),
  databaseSubnetId: givenSubnet("database"),
} as const;
const { cluster } = usual;

const fine: FoundNetwork = {
  location: "West Europe",
  ranges: ["10.200.0.0/16"],
  subnets: [
    { id: givenSubnet("nodes"), ranges: ["10.200.0.0/20"], delegations: [] },
    { id: givenSubnet("endpoints").toUpperCase(), ranges: ["10.200.16.0/24"], delegations: [] },
    { id: givenSubnet("database"), ranges: ["10.200.17.0/28"], delegations: [databaseDelegation] },
  ],
};

const told = (over: Partial<FoundNetwork>) =>
  networkMistakes(brought, cluster, "westeurope", { ...fine, ...over }).map(mistakeText);

/** The network with another subnet in place of one. */
const withSubnet = (index: number, over: Partial<FoundNetwork["subnets"][number]>) => ({
  subnets: fine.subnets.map((one, at) => (at === index ? { ...one, ...over } : one)),
});

describe("a network of the user's", () => {
  it("is taken when its subnets are there and fit", () => {
    expect(told({})).toEqual([]);
  });

  it.each<[string, Partial<FoundNetwork>, string[]]>([
    [
      "of another region",
      { location: "northeurope" },
      [
        "region",
        '"westeurope"',
        "northeurope, where the network hub is",
        "choose that region, or a network of this one",
      ],
    ],
    [
      "without a subnet",
      withSubnet(0, { id: givenSubnet("others") }),
      [
        "network.nodeSubnetId",
        `"${givenSubnet("nodes")}"`,
        "a subnet of that network: others | ENDPOINTS | database",
        "name one of these, or add the subnet",
      ],
    ],
    [
      "whose subnet of nodes belongs to a service",
      withSubnet(0, { delegations: ["Microsoft.Web/serverFarms"] }),
      [
        "network.nodeSubnetId",
        `"${givenSubnet("nodes")}"`,
        "a subnet that is given over to no service; this one is to Microsoft.Web/serverFarms",
        "name another",
      ],
    ],
    [
      "whose subnet of the database does not",
      withSubnet(2, { delegations: [] }),
      [
        "network.databaseSubnetId",
        `"${givenSubnet("database")}"`,
        `a subnet delegated to ${databaseDelegation}; this one is to none`,
        `\`az network vnet subnet update --ids <id> --delegations ${databaseDelegation}\`, with nothing else in it`,
      ],
    ],
    [
      "whose subnet of the database is too small",
      withSubnet(2, { ranges: ["10.200.17.0/29"] }),
      [
        "network.databaseSubnetId",
        `"${givenSubnet("database")}"`,
        "a subnet of /28 or larger; this one is a /29",
        "name a larger one: the server, its standby and Azure itself take addresses of it",
      ],
    ],
    [
      "where Services would have their addresses",
      { ranges: ["10.200.0.0/16", "10.0.128.0/20"] },
      [
        "cluster.serviceCidr",
        '"10.0.0.0/16"',
        "a range beside 10.0.128.0/20, which is the network hub's",
        "choose another, e.g. 172.20.0.0/16",
      ],
    ],
  ])("%s is refused", (_title, over, [key, value, allowed, remedy]) => {
    expect(told(over)).toEqual([
      `  portolan:platform.${key}\n    value:   ${value}\n    allowed: ${allowed}\n    remedy:  ${remedy}`,
    ]);
  });

  it("is told everything at once", () => {
    expect(told({ location: "eastus", subnets: [] }).length).toBe(4);
  });
});

/** What becomes of the nodes' subnet: its id once it is passed on, or why it is not. */
async function passed(answers: Answers): Promise<string> {
  // An output that fails is told to the process, as it would end a real run; here it is what is looked at.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  try {
    return await new Promise<string>((resolve) => {
      process.on("unhandledRejection", (reason) => resolve(String(reason)));
      void run(async () => {
        simulate(answers);
        const parent = new pulumi.ComponentResource("test:Cloud", "cloud");
        // Only these two are read.
        const scope = { parent, location: "westeurope" } as unknown as Scope;
        checkedSubnets(scope, brought, cluster).nodes.apply(resolve);
      });
    });
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
}

describe("the ids of its subnets", () => {
  const empty = {
    "azure-native:network:getVirtualNetwork": () => ({ location: "westeurope", subnets: [] }),
  };

  it("are passed on once all is well, and never otherwise", async () => {
    expect(await passed({})).toBe(brought.nodeSubnetId);
    expect(await passed(empty)).toContain("portolan:platform.network.databaseSubnetId");
  });

  it("are taken at their word in another subscription, which the provider cannot ask", async () => {
    const elsewhere = { "azure-native:authorization:getClientConfig": () => ({ subscriptionId: "another" }) };
    expect(await passed({ ...empty, ...elsewhere })).toBe(brought.nodeSubnetId);
  });
});

describe("a cluster of the user's", () => {
  const mine = {
    kind: "existing",
    name: "mine",
    resourceGroup: "theirs",
    endpoint: { access: "private", cidrs: [] },
    adminGroupObjectIds: [],
  } as const;
  const fit = {
    oidcIssuerProfile: { issuerURL: "https://mine.example.com/" },
    securityProfile: { workloadIdentity: { enabled: true } },
    aadProfile: {},
  };
  const words = (found: Parameters<typeof clusterMistakes>[2]) =>
    clusterMistakes(mine, givenSubnet("nodes"), found).map(mistakeText);

  it("is taken when a pool of its nodes is in the subnet that is named, whatever the case of its id", () => {
    const pools = [
      { vnetSubnetID: givenSubnet("more") },
      { vnetSubnetID: givenSubnet("nodes").toUpperCase() },
    ];
    expect(words({ ...fit, agentPoolProfiles: pools })).toEqual([]);
    expect(words({ ...fit, agentPoolProfiles: [{}] })).toEqual([]);
  });

  it("is refused when its nodes are elsewhere, or its pods have no identity, all at once", () => {
    const pools = [{ vnetSubnetID: givenSubnet("more") }];
    expect(words({ ...fit, agentPoolProfiles: pools })).toEqual([
      `  portolan:platform.network.nodeSubnetId\n    value:   "${givenSubnet("nodes")}"\n    allowed: a subnet of the nodes of cluster mine: ${givenSubnet("more")}\n    remedy:  name it: cache, store and database must stand where the pods are`,
    ]);
    expect(words({ agentPoolProfiles: pools })).toEqual([
      expect.stringContaining("--enable-oidc-issuer"),
      expect.stringContaining("az aks update --name mine --resource-group theirs --enable-aad"),
      expect.stringContaining("network.nodeSubnetId"),
    ]);
  });
});

describe("the simulated Azure", () => {
  beforeAll(() => readTypes("azure"), 60_000);

  it("says of a network what the real one does", async () => {
    const cloud = await TestCloud.open("azure", { location: "westeurope" }, { patience: 0 });
    try {
      const inGroup = { resourceGroupName: "rg" };
      await cloud.create(t.resourceGroup, "g", inGroup);
      const addressSpace = { addressPrefixes: ["10.64.0.0/16"] };
      await cloud.create(t.virtualNetwork, "n", { ...inGroup, virtualNetworkName: "net", addressSpace });
      const database = await cloud.create(t.subnet, "d", {
        ...inGroup,
        virtualNetworkName: "net",
        subnetName: "database",
        addressPrefix: "10.64.0.0/28",
        delegations: [{ name: "postgres", serviceName: databaseDelegation }],
      });
      const asked = { ...inGroup, virtualNetworkName: "net" };
      const answer: unknown = await cloud.invoke("azure-native:network:getVirtualNetwork", asked);
      expect(foundOf(answer as Parameters<typeof foundOf>[0])).toEqual({
        location: "westeurope",
        ranges: ["10.64.0.0/16"],
        subnets: [{ id: database.id, ranges: ["10.64.0.0/28"], delegations: [databaseDelegation] }],
      });
    } finally {
      cloud.remove();
    }
  });
});
