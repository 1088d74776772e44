/** The network: made here, or named by its subnets and never changed. */
import { NetworkSecurityGroup, Subnet, VirtualNetwork } from "@pulumi/azure-native/network/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { checkedSubnets, databaseDelegation } from "./existingNetwork.ts";
import { localName, type Scope } from "./scope.ts";
import type { ClusterSettings, NetworkSettings } from "./settings.ts";
import { networkOf } from "./subnetIds.ts";
import { type SubnetPlan, subnetPlan } from "./subnets.ts";

export interface Network {
  readonly id: pulumi.Output<string>;
  readonly nodeSubnetId: pulumi.Output<string>;
  readonly endpointSubnetId: pulumi.Output<string>;
  /** Undefined where the user brought a network without one: then no database can be made. */
  readonly databaseSubnetId: pulumi.Output<string> | undefined;
  /** What must stand while anything is in the subnets. */
  readonly ready: pulumi.Resource[];
}

/** `cluster`: whose ranges must lie beside those of a network that is there. */
export function network(scope: Scope, settings: NetworkSettings, cluster: ClusterSettings): Network {
  return settings.kind === "new"
    ? newNetwork(scope, settings.cidr)
    : existingNetwork(scope, settings, cluster);
}

function existingNetwork(
  scope: Scope,
  settings: Extract<NetworkSettings, { kind: "existing" }>,
  cluster: ClusterSettings,
): Network {
  const { nodes, endpoints, database } = checkedSubnets(scope, settings, cluster);
  return {
    id: nodes.apply(networkOf),
    nodeSubnetId: nodes,
    endpointSubnetId: endpoints,
    databaseSubnetId: settings.databaseSubnetId === undefined ? undefined : database,
    ready: [],
  };
}

function newNetwork(scope: Scope, cidr: string): Network {
  const { name, location, resourceGroupName, tags, parent } = scope;
  const plan = subnetPlan(cidr);
  // Subnets are resources of their own: written inline, a change of one would take the others' out.
  const made = new VirtualNetwork(
    `${name}-network`,
    {
      virtualNetworkName: localName(scope, "network"),
      resourceGroupName,
      location,
      addressSpace: { addressPrefixes: [cidr] },
      tags,
    },
    { parent, ignoreChanges: ["subnets"] },
  );
  const shared = { resourceGroupName, virtualNetworkName: made.name, defaultOutboundAccess: false };
  const subnet = (part: string, args: SubnetArgs, after: pulumi.Resource[]) =>
    new Subnet(
      `${name}-subnet-${part}`,
      { ...shared, subnetName: localName(scope, "subnet", part), ...args },
      { parent, dependsOn: after },
    );
  // One after the other: the network takes one change at a time (pulumi-azure-native issue 1024).
  const nodes = subnet("nodes", { addressPrefix: plan.nodes }, []);
  const endpoints = subnet("endpoints", { addressPrefix: plan.endpoints }, [nodes]);
  const database = subnet(
    "database",
    {
      addressPrefix: plan.database,
      delegations: [{ name: "postgres", serviceName: databaseDelegation }],
      // Where the server writes its logs for recovery to.
      serviceEndpoints: [{ service: "Microsoft.Storage" }],
      networkSecurityGroup: { id: databaseRules(scope, plan).id },
    },
    [endpoints],
  );
  return {
    id: made.id,
    nodeSubnetId: nodes.id,
    endpointSubnetId: endpoints.id,
    databaseSubnetId: database.id,
    ready: [nodes, endpoints, database],
  };
}

interface SubnetArgs {
  readonly addressPrefix: string;
  readonly delegations?: { name: string; serviceName: string }[];
  readonly serviceEndpoints?: { service: string }[];
  readonly networkSecurityGroup?: { id: pulumi.Output<string> };
}

/** Pods reach the database by their node's address; the server's own parts reach each other and Storage. */
function databaseRules(scope: Scope, plan: SubnetPlan): NetworkSecurityGroup {
  const { name, location, resourceGroupName, tags, parent } = scope;
  const inbound = { direction: "Inbound", protocol: "*", sourcePortRange: "*" };
  return new NetworkSecurityGroup(
    `${name}-database-rules`,
    {
      networkSecurityGroupName: localName(scope, "securityGroup", "database"),
      resourceGroupName,
      location,
      securityRules: [
        {
          ...inbound,
          name: "nodes",
          priority: 100,
          access: "Allow",
          protocol: "Tcp",
          sourceAddressPrefix: plan.nodes,
          destinationAddressPrefix: plan.database,
          destinationPortRange: "5432",
        },
        {
          ...inbound,
          name: "own",
          priority: 110,
          access: "Allow",
          sourceAddressPrefix: plan.database,
          destinationAddressPrefix: plan.database,
          destinationPortRange: "*",
        },
        {
          ...inbound,
          name: "others",
          priority: 4000,
          access: "Deny",
          sourceAddressPrefix: "VirtualNetwork",
          destinationAddressPrefix: plan.database,
          destinationPortRange: "*",
        },
      ],
      tags,
    },
    { parent },
  );
}
