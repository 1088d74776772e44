/** The order in which a platform on Azure comes and, backwards, goes. */
import { beforeAll, describe, expect, it } from "vitest";
import { declared, type Made } from "./azure-fixtures.ts";
import { outlives, type Run } from "./harness.ts";

const az = (type: string, name: string) => `azure-native:${type}::${name}`;
const aks = az("containerservice:ManagedCluster", "platform-aks");
const drain = "kubernetes:helm.sh/v3:Release::platform-drain";

describe("the order of a destroy", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("disposable");
  });

  it("keeps the drain until everything else in the cluster is gone, but its own namespace", () => {
    const inside = stack.custom.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(inside.length).toBeGreaterThan(6);
    for (const { type, name } of inside) {
      expect(outlives(stack, type, name).has(drain), name).toBe(name !== "platform-services");
    }
  });

  it("keeps access, the edge's address and its role until the drain is done, and the cluster after them", () => {
    const kept = outlives(stack, "kubernetes:helm.sh/v3:Release", "platform-drain");
    for (const one of [
      az("authorization:RoleAssignment", "platform-access-admin-11111111"),
      az("authorization:RoleAssignment", "platform-access-user-11111111"),
      az("network:PublicIPAddress", "platform-edge"),
      az("authorization:RoleAssignment", "platform-edge"),
      az("authorization:RoleAssignment", "platform-aks-network"),
      aks,
    ])
      expect(kept, one).toContain(one);
  });

  it("lets the network find elsewhere what a service's private zone does not hold", () => {
    const links = stack.custom.filter(({ type }) => type.endsWith(":VirtualNetworkLink"));
    const policies = links.map(({ inputs }) => [inputs.privateZoneName, inputs.resolutionPolicy]);
    expect(policies.length).toBeGreaterThan(2);
    for (const [zone, policy] of policies)
      expect(policy, String(zone)).toBe(
        String(zone).startsWith("privatelink.") ? "NxDomainRedirect" : undefined,
      );
  });

  it("keeps the cluster's identity, role and subnet until the cluster is gone", () => {
    const kept = outlives(stack, "azure-native:containerservice:ManagedCluster", "platform-aks");
    for (const one of [
      az("authorization:RoleAssignment", "platform-aks-network"),
      az("managedidentity:UserAssignedIdentity", "platform-aks"),
      az("network:Subnet", "platform-subnet-nodes"),
      az("network:VirtualNetwork", "platform-network"),
      az("resources:ResourceGroup", "platform-group"),
    ])
      expect(kept, one).toContain(one);
  });

  it("changes the network by one subnet at a time", () => {
    expect(outlives(stack, "azure-native:network:Subnet", "platform-subnet-database")).toContain(
      az("network:Subnet", "platform-subnet-endpoints"),
    );
    expect(outlives(stack, "azure-native:network:Subnet", "platform-subnet-endpoints")).toContain(
      az("network:Subnet", "platform-subnet-nodes"),
    );
  });

  it("makes subnet, zone, link, server and settings one after the other", () => {
    const extensions = outlives(
      stack,
      "azure-native:dbforpostgresql:Configuration",
      "platform-postgres-extensions",
    );
    for (const one of [
      az("dbforpostgresql:Configuration", "platform-postgres-transport"),
      az("dbforpostgresql:Server", "platform-postgres"),
      az("privatedns:VirtualNetworkLink", "platform-zone-database"),
      az("network:Subnet", "platform-subnet-database"),
    ])
      expect(extensions, one).toContain(one);
    expect(outlives(stack, "azure-native:privatedns:VirtualNetworkLink", "platform-zone-database")).toContain(
      az("network:Subnet", "platform-subnet-database"),
    );
  });

  it("makes the cache's endpoint after its database and link", () => {
    const kept = outlives(stack, "azure-native:network:PrivateEndpoint", "platform-redis-endpoint");
    expect(kept).toContain(az("redisenterprise:Database", "platform-redis"));
    expect(kept).toContain(az("privatedns:VirtualNetworkLink", "platform-zone-redis"));
  });

  it("replaces everything inside with the cluster, also when nothing of what it is made of has changed", () => {
    const generation = stack.find("random:index/randomId:RandomId", "platform-cluster-generation");
    expect(generation.options.replaceWith).toEqual([
      stack.find("azure-native:containerservice:ManagedCluster", "platform-aks").urn,
    ]);
  });

  it("removes a tenant's federated credential before the cluster that signs for it", () => {
    expect(
      outlives(stack, "azure-native:managedidentity:FederatedIdentityCredential", "acme-identity"),
    ).toContain(aks);
  });
});
