/** What the simulated Azure refuses and keeps, as the real one would. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { t } from "../../sandbox/clouds/azure/types.ts";
import { tenant } from "../../sandbox/clouds/azure/words.ts";
import type { IdentitySpec, PostgresSpec, RedisSpec } from "../../sandbox/clouds/core/backend.ts";
import type { Bag } from "../../sandbox/engine/rpc/values.ts";
import { type Made, readTypes, TestCloud } from "./clouds-harness.ts";

beforeAll(() => readTypes("azure"), 60_000);

const opened: TestCloud[] = [];
const azure = async (options?: Parameters<typeof TestCloud.open>[2]): Promise<TestCloud> => {
  const cloud = await TestCloud.open("azure", { location: "westeurope" }, { patience: 0, ...options });
  opened.push(cloud);
  return cloud;
};
afterEach(() => {
  for (const cloud of opened.splice(0)) cloud.remove();
});

const inGroup = { resourceGroupName: "rg" };
const postgres = "Microsoft.DBforPostgreSQL/flexibleServers";

async function makeNetwork(
  cloud: TestCloud,
): Promise<{ group: Made; network: Made; nodes: Made; database: Made }> {
  const group = await cloud.create(t.resourceGroup, "g", inGroup);
  const network = await cloud.create(t.virtualNetwork, "n", {
    ...inGroup,
    virtualNetworkName: "net",
    addressSpace: { addressPrefixes: ["10.64.0.0/16"] },
  });
  const subnet = (subnetName: string, addressPrefix: string, more: Bag = {}) =>
    cloud.create(t.subnet, subnetName, {
      ...inGroup,
      virtualNetworkName: "net",
      subnetName,
      addressPrefix,
      ...more,
    });
  const nodes = await subnet("nodes", "10.64.0.0/17");
  const database = await subnet("database", "10.64.192.0/24", {
    delegations: [{ name: "postgres", serviceName: postgres }],
  });
  return { group, network, nodes, database };
}

/** An identity that is known everywhere. */
async function identityOf(cloud: TestCloud, resourceName: string): Promise<Made> {
  const made = await cloud.create(t.identity, resourceName, { ...inGroup, resourceName });
  await sleep(160);
  return made;
}

const role = (guid: string) =>
  `/subscriptions/99999999-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
const networkContributor = role("4d97b98b-1d4f-4787-a291-c67834d212e7");
const blobContributor = role("ba92f5b4-2d11-453d-a403-e96b0029c9fe");
const guid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;

function grant(
  cloud: TestCloud,
  digit: number,
  scope: string,
  holder: Made,
  roleDefinitionId: string,
  more: Bag = {},
) {
  return cloud.create(t.roleAssignment, `r${digit}`, {
    roleAssignmentName: guid(digit),
    scope,
    principalId: String(holder.plain.principalId),
    principalType: "ServicePrincipal",
    roleDefinitionId,
    ...more,
  });
}

function clusterInputs(identity: Made, subnet: Made): Bag {
  return {
    ...inGroup,
    resourceName: "aks",
    dnsPrefix: "aks",
    identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
    agentPoolProfiles: [
      { name: "nodes", mode: "System", vmSize: "Standard_D2s_v5", vnetSubnetID: subnet.id },
    ],
    networkProfile: { podCidr: "10.244.0.0/16", serviceCidr: "10.0.0.0/16", dnsServiceIP: "10.0.0.10" },
    oidcIssuerProfile: { enabled: true },
    securityProfile: { workloadIdentity: { enabled: true } },
  };
}

async function makeCluster(cloud: TestCloud, nodes: Made): Promise<Made> {
  const identity = await identityOf(cloud, "cluster");
  await grant(cloud, 1, nodes.id, identity, networkContributor);
  return cloud.create(t.cluster, "c", clusterInputs(identity, nodes));
}

describe("a name", () => {
  it("is of a region that there is, and made anew by nobody", async () => {
    const cloud = await azure();
    await cloud.create(t.resourceGroup, "g", inGroup);
    await expect(cloud.create(t.resourceGroup, "again", inGroup)).rejects.toThrow(
      "already existing resource",
    );
    expect(await cloud.refusals(t.resourceGroup, { ...inGroup, location: "moon" })).toEqual([
      expect.stringContaining('no region "moon"'),
    ]);
    await expect(TestCloud.open("azure", { location: "moon" })).rejects.toThrow('no region "moon"');
  });

  it("of an account is lower-case, short, and shared with the world", async () => {
    const cloud = await azure();
    await cloud.create(t.resourceGroup, "g", inGroup);
    await cloud.create(t.resourceGroup, "h", { resourceGroupName: "other" });
    const account = { ...inGroup, accountName: "store1", kind: "StorageV2", sku: { name: "Standard_LRS" } };
    const made = await cloud.create(t.storageAccount, "s", account);
    await expect(cloud.update(made, { ...account, sku: { name: "Standard_ZRS" } })).rejects.toThrow(
      "InvalidAccountType",
    );
    await cloud.update(made, { ...account, sku: { name: "Standard_GRS" } });
    await expect(
      cloud.create(t.storageAccount, "o", { ...account, resourceGroupName: "other" }),
    ).rejects.toThrow("StorageAccountAlreadyTaken");
    expect((await cloud.refusals(t.storageAccount, { ...account, accountName: "a-b" })).length).toBe(1);
    expect((await cloud.refusals(t.storageAccount, { ...account, kind: "FileStorage" }))[0]).toContain(
      "Premium",
    );
  });

  it("of a vault stays taken for days after its deletion", async () => {
    let now = Date.now();
    const cloud = await azure({ now: () => now });
    await cloud.create(t.resourceGroup, "g", inGroup);
    const inputs = {
      ...inGroup,
      vaultName: "keys",
      properties: { tenantId: tenant, sku: { family: "A", name: "standard" }, softDeleteRetentionInDays: 7 },
    };
    const vault = await cloud.create(t.vault, "v", inputs);
    expect(vault.plain).toMatchObject({ properties: { vaultUri: "https://keys.vault.azure.net/" } });
    const longer = { ...inputs, properties: { ...inputs.properties, softDeleteRetentionInDays: 90 } };
    await expect(cloud.update(vault, longer)).rejects.toThrow("it can't be modified");
    await cloud.delete(vault);
    await expect(cloud.create(t.vault, "v", inputs)).rejects.toThrow("VaultAlreadyExists");
    now += 8 * 24 * 3600_000;
    await cloud.create(t.vault, "v", inputs);
    const never = { ...inputs, properties: { ...inputs.properties, enablePurgeProtection: false } };
    expect((await cloud.refusals(t.vault, never))[0]).toContain("leave it out");
  });
});

describe("a network", () => {
  it("takes subnets of its range that do not overlap", async () => {
    const cloud = await azure();
    await makeNetwork(cloud);
    const subnet = (addressPrefix: string) =>
      cloud.create(t.subnet, "x", { ...inGroup, virtualNetworkName: "net", subnetName: "x", addressPrefix });
    await expect(subnet("10.65.0.0/24")).rejects.toThrow("NetcfgInvalidSubnet");
    await expect(subnet("10.64.127.0/24")).rejects.toThrow("NetcfgSubnetRangesOverlap");
  });

  it("is meant by its name in its own group, and held by what is there", async () => {
    const cloud = await azure();
    const { network, nodes, database } = await makeNetwork(cloud);
    await cloud.create(t.resourceGroup, "o", { resourceGroupName: "other" });
    const elsewhere = { resourceGroupName: "other", virtualNetworkName: "net" };
    const subnet = () =>
      cloud.create(t.subnet, "x", { ...elsewhere, subnetName: "x", addressPrefix: "10.64.1.0/24" });
    await expect(subnet()).rejects.toThrow("has that name in the same resourceGroupName");
    await cloud.create(t.virtualNetwork, "m", {
      ...elsewhere,
      addressSpace: { addressPrefixes: ["10.64.0.0/16"] },
    });
    const other = await subnet();
    await cloud.delete(network);
    const left = cloud.contents().living.map(({ id }) => id);
    expect(left).toContain(other.id);
    expect(left).not.toContain(nodes.id);
    expect(left).not.toContain(database.id);
  });

  it("keeps its database's subnet for databases alone, and while the zone is linked", async () => {
    const cloud = await azure();
    const { network, database } = await makeNetwork(cloud);
    const worldwide = { ...inGroup, location: "Global" };
    const privateZoneName = "x.private.postgres.database.azure.com";
    expect((await cloud.refusals(t.privateZone, { ...inGroup, privateZoneName }))[0]).toContain(
      "must be Global",
    );
    await cloud.create(t.privateZone, "z", { ...worldwide, privateZoneName });
    const link = await cloud.create(t.zoneLink, "l", {
      ...worldwide,
      privateZoneName,
      virtualNetworkLinkName: "l",
      virtualNetwork: { id: network.id },
    });
    const account = await cloud.create(t.storageAccount, "s", {
      ...inGroup,
      accountName: "store1",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    const endpoint = {
      ...inGroup,
      privateEndpointName: "e",
      subnet: { id: database.id },
      privateLinkServiceConnections: [{ name: "b", privateLinkServiceId: account.id, groupIds: ["blob"] }],
    };
    await expect(cloud.create(t.privateEndpoint, "e", endpoint)).rejects.toThrow("SubnetWithDelegation");
    await expect(cloud.delete(database)).rejects.toThrow("InUseSubnetCannotBeDeleted");
    await cloud.delete(link);
    await cloud.delete(database);
  });

  it("lets nobody delete an address that a load balancer holds", async () => {
    let addresses: Readonly<Record<string, string>> = { a: "edge/traefik" };
    const made = async () => ({ loadBalancers: ["b/b", "edge/traefik"], addresses, volumes: [] });
    const cloud = await azure({ backend: { made } });
    const { nodes } = await makeNetwork(cloud);
    await makeCluster(cloud, nodes);
    const kept = (name: string) =>
      cloud.create(t.publicAddress, name, {
        ...inGroup,
        publicIpAddressName: name,
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
      });
    const [address, other] = [await kept("a"), await kept("other")];
    await cloud.delete(other);
    await expect(cloud.delete(address)).rejects.toThrow("PublicIPAddressCannotBeDeleted");
    addresses = {};
    await cloud.delete(address);
  });
});

describe("a cluster", () => {
  it("needs an identity that may join its subnet, and ranges of its own", async () => {
    const cloud = await azure();
    const { nodes } = await makeNetwork(cloud);
    const identity = await identityOf(cloud, "cluster");
    const inputs = clusterInputs(identity, nodes);
    await expect(cloud.create(t.cluster, "c", inputs)).rejects.toThrow("LinkedAuthorizationFailed");
    await grant(cloud, 1, nodes.id, identity, networkContributor);
    const wide = { podCidr: "10.64.0.0/12", serviceCidr: "10.0.0.0/16", dnsServiceIP: "10.0.0.10" };
    await expect(cloud.create(t.cluster, "c", { ...inputs, networkProfile: wide })).rejects.toThrow(
      "PodCidrOverlap",
    );
    const made = await cloud.create(t.cluster, "c", inputs);
    expect(made.plain).toMatchObject({
      name: "aks",
      oidcIssuerProfile: { issuerURL: expect.stringMatching(/^https:\/\/westeurope\.oic\..*\/$/) },
    });
    await expect(cloud.delete(nodes)).rejects.toThrow("InUseSubnetCannotBeDeleted");
    const credentials = await cloud.invoke(
      "azure-native:containerservice:listManagedClusterUserCredentials",
      {
        ...inGroup,
        resourceName: "aks",
        format: "exec",
      },
    );
    expect(JSON.stringify(credentials)).toContain("clusterUser");
  });

  it("stays as private as it was made", async () => {
    const cloud = await azure();
    const { nodes } = await makeNetwork(cloud);
    const made = await makeCluster(cloud, nodes);
    const closed = { ...made.inputs, apiServerAccessProfile: { enablePrivateCluster: true } };
    await expect(cloud.update(made, closed)).rejects.toThrow("enablePrivateCluster' is not allowed");
  });

  it("changes how many nodes a pool has, not which, and takes no other pool", async () => {
    const cloud = await azure();
    const { nodes } = await makeNetwork(cloud);
    const made = await makeCluster(cloud, nodes);
    const pools = (...agentPoolProfiles: Bag[]) => ({ ...made.inputs, agentPoolProfiles });
    const pool = { name: "nodes", mode: "System", vmSize: "Standard_D2s_v5", vnetSubnetID: nodes.id };
    await cloud.update(made, pools({ ...pool, maxCount: 9 }));
    await expect(cloud.update(made, pools({ ...pool, vmSize: "Standard_D8s_v5" }))).rejects.toThrow(
      "PropertyChangeNotAllowed: Changing property 'properties.vmSize'",
    );
    await expect(cloud.update(made, pools(pool, { ...pool, name: "more" }))).rejects.toThrow(
      "A new agent pool was introduced",
    );
  });

  it("stays while it is locked, and its group with it", async () => {
    const cloud = await azure();
    const { group, nodes } = await makeNetwork(cloud);
    const cluster = await makeCluster(cloud, nodes);
    const lock = await cloud.create(t.lock, "l", { lockName: "l", level: "CanNotDelete", scope: cluster.id });
    await expect(
      cloud.create(t.lock, "m", { lockName: "l", level: "CanNotDelete", scope: cluster.id }),
    ).rejects.toThrow("already existing resource");
    await expect(cloud.delete(cluster)).rejects.toThrow("ScopeLocked");
    await expect(cloud.delete(group)).rejects.toThrow("ScopeLocked");
    await cloud.delete(lock);
    await cloud.delete(group);
    expect(cloud.contents().living).toEqual([]);
  });
});

describe("a role", () => {
  it("is for a principal of the kind that is said, and one assignment of the same three", async () => {
    const cloud = await azure();
    const { nodes } = await makeNetwork(cloud);
    const identity = await identityOf(cloud, "holder");
    await expect(
      grant(cloud, 1, nodes.id, identity, networkContributor, { principalType: "User" }),
    ).rejects.toThrow("UnmatchedPrincipalType");
    await expect(
      grant(cloud, 1, nodes.id, identity, networkContributor, { principalId: guid(9) }),
    ).rejects.toThrow("PrincipalNotFound");
    await grant(cloud, 1, nodes.id, identity, networkContributor);
    await expect(grant(cloud, 2, nodes.id, identity, networkContributor)).rejects.toThrow(
      "RoleAssignmentExists",
    );
    await expect(grant(cloud, 3, nodes.id, identity, role(guid(9)))).rejects.toThrow(
      "RoleDefinitionDoesNotExist",
    );
  });

  it("of an identity that is not known everywhere yet is asked for again, and a group's at once", async () => {
    const cloud = await azure({
      patience: 2000,
      faults: [{ type: t.identity, operation: "create", fault: "settle", ms: 200 }],
    });
    const { nodes } = await makeNetwork(cloud);
    const identity = await cloud.create(t.identity, "new", { ...inGroup, resourceName: "new" });
    const group = { principalId: guid(8), principalType: "Group" };
    await grant(cloud, 1, nodes.id, identity, networkContributor, group);
    expect(cloud.statuses).toEqual([]);
    const assignment = await grant(cloud, 2, nodes.id, identity, networkContributor);
    expect(cloud.statuses).toEqual([
      expect.stringMatching(/"principalId" of .* names .* is not known everywhere yet; trying again/),
    ]);
    await cloud.delete(identity);
    expect(cloud.contents().living).toContainEqual(expect.objectContaining({ id: assignment.id }));
  });

  it("opens its container to the pods that a federation names, and closes it again", async () => {
    const allowed: IdentitySpec[] = [];
    const removed: string[] = [];
    const identity = {
      ensure: async (spec: IdentitySpec) => void allowed.push(spec),
      remove: async (id: string) => void removed.push(id),
    };
    const cloud = await azure({ backend: { identity } });
    const { nodes } = await makeNetwork(cloud);
    const cluster = await makeCluster(cloud, nodes);
    const holder = await identityOf(cloud, "acme");
    const account = { ...inGroup, accountName: "store1", kind: "StorageV2", sku: { name: "Standard_LRS" } };
    await cloud.create(t.storageAccount, "s", account);
    const container = await cloud.create(t.container, "c", {
      ...inGroup,
      accountName: "store1",
      containerName: "acme",
    });
    const profile = { issuerURL: "", ...Object(cluster.plain.oidcIssuerProfile) };
    const federation = (name: string, issuer: string, serviceAccount: string) => ({
      ...inGroup,
      resourceName: "acme",
      federatedIdentityCredentialResourceName: name,
      issuer,
      subject: `system:serviceaccount:app-acme:${serviceAccount}`,
      audiences: ["api://AzureADTokenExchange"],
    });
    const other = federation("elsewhere", "https://elsewhere.example.com/", "app");
    const strange = await cloud.create(t.federated, "o", other);
    expect(removed).toEqual([strange.id]);
    await cloud.create(t.federated, "f", federation("app", profile.issuerURL, "app"));
    await expect(
      cloud.create(t.federated, "g", federation("again", profile.issuerURL, "app")),
    ).rejects.toThrow("Issuer and subject combination already exists");
    const assignment = await grant(cloud, 2, container.id, holder, blobContributor);
    await cloud.delete(assignment);
    expect(allowed.map(({ buckets }) => buckets)).toEqual([[], ["store1/acme"], []]);
    expect(allowed[1]).toMatchObject({
      namespace: "app-acme",
      serviceAccount: "app",
      principal: holder.plain.clientId,
    });
  });
});

describe("a container", () => {
  it("keeps its name for a while after its deletion, unless its account goes too", async () => {
    let now = Date.now();
    const cloud = await azure({ now: () => now });
    await cloud.create(t.resourceGroup, "g", inGroup);
    const make = async () => {
      const own = { ...inGroup, accountName: "store1" };
      const sku = { name: "Standard_LRS" };
      return cloud.create(t.storageAccount, "s", { ...own, kind: "StorageV2", sku });
    };
    const fill = () =>
      cloud.create(t.container, "c", { ...inGroup, accountName: "store1", containerName: "acme" });
    const account = await make();
    await cloud.delete(await fill());
    await expect(fill()).rejects.toThrow("ContainerBeingDeleted");
    now += 3000;
    await cloud.delete(await fill());
    await cloud.delete(account);
    expect(cloud.contents()).toMatchObject({ kept: [] });
    await make();
    await fill();
  });
});

describe("a database", () => {
  it("is a Postgres in a delegated subnet, with TLS as its settings say", async () => {
    const served: PostgresSpec[] = [];
    const cloud = await azure({
      backend: { postgres: { ensure: async (spec) => void served.push(spec), remove: async () => {} } },
    });
    const { nodes, database } = await makeNetwork(cloud);
    const zone = await cloud.create(t.privateZone, "z", {
      ...inGroup,
      location: "Global",
      privateZoneName: "x.private.postgres.database.azure.com",
    });
    const network = { delegatedSubnetResourceId: database.id, privateDnsZoneArmResourceId: zone.id };
    const inputs = {
      ...inGroup,
      serverName: "db0",
      version: "17",
      sku: { name: "Standard_B1ms", tier: "Burstable" },
      storage: { storageSizeGB: 32 },
      administratorLogin: "portolan",
      administratorLoginPassword: "long-enough-1",
      network,
    };
    const wrong = { ...network, delegatedSubnetResourceId: nodes.id };
    await expect(
      cloud.create(t.server, "s", { ...inputs, serverName: "dbx", network: wrong }),
    ).rejects.toThrow("InvalidSubnetDelegation");
    expect(
      (await cloud.refusals(t.server, { ...inputs, highAvailability: { mode: "ZoneRedundant" } }))[0],
    ).toContain("must be Disabled in the tier Burstable");
    const named = { ...inputs, serverName: "db1" };
    const made = await cloud.create(t.server, "s", named);
    expect(JSON.stringify(made.outputs.administratorLoginPassword)).not.toBe('"long-enough-1"');
    const setting = {
      ...inGroup,
      serverName: "db1",
      configurationName: "require_secure_transport",
      value: "off",
      source: "user-override",
    };
    const { source: _, ...silent } = setting;
    expect((await cloud.refusals(t.configuration, silent))[0]).toContain("must be user-override");
    const off = await cloud.create(t.configuration, "c", setting);
    await cloud.delete(off);
    expect(served.map(({ requireTls }) => requireTls)).toEqual([true, false, true]);
    expect(served[0]).toMatchObject({
      host: "db1.postgres.database.azure.com",
      username: "portolan",
      port: 5432,
    });
    const smaller = { ...named, storage: { storageSizeGB: 64 } };
    const grown = await cloud.update(made, smaller);
    await expect(cloud.update(grown, named)).rejects.toThrow("StorageSizeCannotBeDecreased");
    const larger = { ...smaller, sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" } };
    const standby = { ...larger, highAvailability: { mode: "ZoneRedundant" } };
    await expect(cloud.update(grown, standby)).rejects.toThrow("one after the other");
    await cloud.update(await cloud.update(grown, larger), standby);
    await expect(cloud.delete(database)).rejects.toThrow("InUseSubnetCannotBeDeleted");
  });

  it("takes one change at a time", async () => {
    let go: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    let asked = 0;
    const ensure = async () => {
      asked += 1;
      if (asked > 1) await waiting;
    };
    const cloud = await azure({ backend: { postgres: { ensure, remove: async () => {} } } });
    await cloud.create(t.resourceGroup, "g", inGroup);
    await cloud.create(t.server, "s", {
      ...inGroup,
      serverName: "db1",
      version: "17",
      sku: { name: "Standard_B1ms", tier: "Burstable" },
      storage: { storageSizeGB: 32 },
      administratorLogin: "portolan",
      administratorLoginPassword: "long-enough-1",
    });
    const set = (configurationName: string, value: string) =>
      cloud.create(t.configuration, configurationName, {
        ...inGroup,
        serverName: "db1",
        configurationName,
        value,
        source: "user-override",
      });
    const first = set("require_secure_transport", "on");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(set("azure.extensions", "CITEXT")).rejects.toThrow("ServerIsBusy");
    go();
    await first;
    await set("azure.extensions", "CITEXT");
  });
});

describe("a cache", () => {
  it("is a Redis that the key opens, once keys are switched on", async () => {
    const served: RedisSpec[] = [];
    const cloud = await azure({
      backend: { redis: { ensure: async (spec) => void served.push(spec), remove: async () => {} } },
    });
    await cloud.create(t.resourceGroup, "g", inGroup);
    const cluster = {
      ...inGroup,
      clusterName: "cache",
      sku: { name: "Balanced_B0" },
      publicNetworkAccess: "Disabled",
    };
    const made = await cloud.create(t.cache, "c", { ...cluster, highAvailability: "Enabled" });
    await expect(cloud.update(made, { ...cluster, highAvailability: "Disabled" })).rejects.toThrow(
      "HighAvailabilityCannotBeDisabled",
    );
    const database = {
      ...inGroup,
      clusterName: "cache",
      databaseName: "default",
      evictionPolicy: "NoEviction",
    };
    const closed = await cloud.create(t.cacheDatabase, "d", database);
    const keys = () =>
      cloud.invoke("azure-native:redisenterprise:listDatabaseKeys", {
        ...inGroup,
        clusterName: "cache",
        databaseName: "default",
      });
    await expect(keys()).rejects.toThrow("access keys authentication is disabled");
    await cloud.update(closed, { ...database, accessKeysAuthentication: "Enabled" });
    const { primaryKey } = await keys();
    expect(served).toMatchObject([
      {
        host: "cache.westeurope.redis.azure.net",
        port: 10000,
        policy: "noeviction",
        users: [{ name: "default" }],
      },
      { users: [], password: primaryKey },
    ]);
  });
});
