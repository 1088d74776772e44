/** What follows from `lifecycle` on Azure, and what is not made because the user has it. */
import { beforeAll, describe, expect, it } from "vitest";
import { declared, givenSubnet, group, type Made, plain, settings } from "./azure-fixtures.ts";
import type { Run } from "./harness.ts";

const type = {
  group: "azure-native:resources:ResourceGroup",
  aks: "azure-native:containerservice:ManagedCluster",
  maintenance: "azure-native:containerservice:MaintenanceConfiguration",
  postgres: "azure-native:dbforpostgresql:Server",
  setting: "azure-native:dbforpostgresql:Configuration",
  cache: "azure-native:redisenterprise:RedisEnterprise",
  cacheDatabase: "azure-native:redisenterprise:Database",
  account: "azure-native:storage:StorageAccount",
  blobs: "azure-native:storage:BlobServiceProperties",
  policy: "azure-native:storage:ManagementPolicy",
  container: "azure-native:storage:BlobContainer",
  vault: "azure-native:keyvault:Vault",
  lock: "azure-native:authorization:ManagementLockByScope",
  role: "azure-native:authorization:RoleAssignment",
  network: "azure-native:network:VirtualNetwork",
  subnet: "azure-native:network:Subnet",
  rules: "azure-native:network:NetworkSecurityGroup",
  endpoint: "azure-native:network:PrivateEndpoint",
  address: "azure-native:network:PublicIPAddress",
  zone: "azure-native:privatedns:PrivateZone",
  link: "azure-native:privatedns:VirtualNetworkLink",
  record: "azure-native:dns:RecordSet",
  class: "kubernetes:storage.k8s.io/v1:StorageClass",
} as const;

/** Where data is: nothing may take these away in production. */
const data = [
  [type.group, "platform-group"],
  [type.postgres, "platform-postgres"],
  [type.cache, "platform-redis"],
  [type.cacheDatabase, "platform-redis"],
  [type.account, "platform-store"],
  [type.blobs, "platform-store"],
  [type.container, "acme-container"],
  [type.vault, "platform-vault"],
  [type.address, "platform-edge"],
] as const;

function count(stack: Run<unknown>, wanted: string): number {
  return stack.custom.filter((one) => one.type === wanted).length;
}

describe("a production platform", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("production");
  });

  it("protects what holds data, and leaves it in the cloud should the protection be taken off", () => {
    for (const [kind, name] of data)
      expect(stack.find(kind, name).options, `${kind} ${name}`).toMatchObject({
        protect: true,
        retainOnDelete: true,
      });
    expect(stack.find(type.aks, "platform-aks").options.protect).toBe(true);
  });

  it("locks cluster and server, and nothing that AKS or a tenant must be able to delete", () => {
    const locks = stack.custom.filter((one) => one.type === type.lock);
    expect(locks.map(({ inputs }) => [inputs.level, String(inputs.scope).split("/").at(-1)]).sort()).toEqual([
      ["CanNotDelete", "platform-aks"],
      ["CanNotDelete", "platform-postgres"],
    ]);
    const before = locks.flatMap(({ options }) => options.dependsOn);
    for (const held of ["platform-aks-upgrades", "platform-postgres-extensions"])
      expect(
        before.some((urn) => urn.endsWith(held)),
        held,
      ).toBe(true);
  });

  it("keeps the database twice in different zones, with its past, inside the network for good", () => {
    const { inputs, options } = stack.find(type.postgres, "platform-postgres");
    expect(inputs).toMatchObject({
      serverName: "portolan-eu-prod-a1b2c3",
      version: "17",
      sku: { name: "Standard_D4ds_v5", tier: "GeneralPurpose" },
      storage: { storageSizeGB: 128, autoGrow: "Enabled" },
      highAvailability: { mode: "ZoneRedundant" },
      backup: { backupRetentionDays: 35, geoRedundantBackup: "Disabled" },
      administratorLogin: "portolan",
    });
    expect(inputs.network).not.toHaveProperty("publicNetworkAccess");
    expect(options.ignoreChanges).toEqual([
      "availabilityZone",
      "highAvailability.standbyAvailabilityZone",
      "storage.storageSizeGB",
    ]);
    expect(stack.find(type.setting, "platform-postgres-transport").inputs).toMatchObject({
      configurationName: "require_secure_transport",
      value: "on",
      source: "user-override",
    });
    expect(stack.find(type.zone, "platform-zone-database").inputs).toMatchObject({
      privateZoneName: "portolan-eu-prod.private.postgres.database.azure.com",
      location: "Global",
    });
  });

  it("keeps the cache twice, by TLS alone, evicts nothing and takes transactions over any keys", () => {
    expect(stack.find(type.cache, "platform-redis").inputs).toMatchObject({
      clusterName: "portolan-eu-prod-a1b2c3",
      sku: { name: "Balanced_B3" },
      highAvailability: "Enabled",
      minimumTlsVersion: "1.2",
      publicNetworkAccess: "Disabled",
    });
    expect(stack.find(type.cacheDatabase, "platform-redis").inputs).toMatchObject({
      databaseName: "default",
      port: 10000,
      clientProtocol: "Encrypted",
      clusteringPolicy: "NoCluster",
      evictionPolicy: "NoEviction",
      accessKeysAuthentication: "Enabled",
    });
  });

  it("has a store without keys that nobody enters but through the network, with its past", () => {
    expect(stack.find(type.account, "platform-store").inputs).toMatchObject({
      accountName: "portolaneuproda1b2c3",
      kind: "StorageV2",
      sku: { name: "Standard_ZRS" },
      minimumTlsVersion: "TLS1_2",
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny" },
    });
    expect(stack.find(type.blobs, "platform-store").inputs).toMatchObject({
      blobServicesName: "default",
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 30 },
      containerDeleteRetentionPolicy: { enabled: true, days: 30 },
    });
    expect(count(stack, type.policy)).toBe(1);
  });

  it("runs AKS with Cilium, identities for pods, no accounts of its own, and its own windows for upgrades", () => {
    const { inputs, options } = stack.find(type.aks, "platform-aks");
    expect(inputs).toMatchObject({
      resourceName: "portolan-eu-prod",
      sku: { name: "Base", tier: "Standard" },
      identity: { type: "UserAssigned" },
      networkProfile: {
        networkPlugin: "azure",
        networkPluginMode: "overlay",
        networkDataplane: "cilium",
        networkPolicy: "cilium",
        podCidr: "10.244.0.0/16",
        serviceCidr: "10.0.0.0/16",
        dnsServiceIP: "10.0.0.10",
      },
      oidcIssuerProfile: { enabled: true },
      securityProfile: { workloadIdentity: { enabled: true } },
      aadProfile: { managed: true, enableAzureRBAC: true, adminGroupObjectIDs: [group] },
      disableLocalAccounts: true,
      apiServerAccessProfile: { authorizedIPRanges: ["203.0.113.7/32"] },
      autoUpgradeProfile: { upgradeChannel: "patch", nodeOSUpgradeChannel: "SecurityPatch" },
      nodeResourceGroupProfile: { restrictionLevel: "ReadOnly" },
    });
    expect(inputs.agentPoolProfiles).toMatchObject([
      { mode: "System", enableAutoScaling: true, minCount: 3, availabilityZones: ["1", "2", "3"] },
    ]);
    expect(options.ignoreChanges).toEqual(["agentPoolProfiles[0].count"]);
    const windows = stack.custom.filter((one) => one.type === type.maintenance);
    expect(windows.map(({ inputs: { configName } }) => configName).sort()).toEqual([
      "aksManagedAutoUpgradeSchedule",
      "aksManagedNodeOSUpgradeSchedule",
    ]);
  });

  it("says of every role whom it is for", () => {
    const roles = stack.custom.filter((one) => one.type === type.role);
    const kinds = roles.map(({ inputs }) => inputs.principalType);
    expect(new Set(kinds)).toEqual(new Set(["ServicePrincipal", "Group"]));
    const names = roles.map(({ inputs }) => inputs.roleAssignmentName);
    expect(new Set(names).size).toBe(roles.length);
    for (const name of names)
      expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("keeps keys in a vault that nobody purges, open to whoever may call the API server", () => {
    expect(stack.find(type.vault, "platform-vault").inputs).toMatchObject({
      vaultName: "portolan-eu-prod-a1b2c3",
      properties: {
        tenantId: "directory",
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enablePurgeProtection: true,
        networkAcls: { defaultAction: "Deny", ipRules: [{ value: "203.0.113.7/32" }] },
      },
    });
  });

  it("gives each vault a suffix of its own, because the name of one that was given up is taken for days", () => {
    const { options } = stack.find(type.vault, "platform-vault");
    expect(options.dependsOn).toContain(stack.find("random:index/randomId:RandomId", "platform-vault").urn);
    expect(options.ignoreChanges).toContain("vaultName");
  });

  it("keeps a claim's disk", () => {
    expect(stack.find(type.class, "platform-block").inputs).toMatchObject({
      provisioner: "disk.csi.azure.com",
      reclaimPolicy: "Retain",
      parameters: { skuName: "StandardSSD_ZRS" },
    });
  });

  it("says every resource's place: zones and links are of no region", () => {
    for (const { type: kind, name, inputs } of stack.custom) {
      if (kind === type.zone || kind === type.link) expect(inputs.location, name).toBe("Global");
      else if ("location" in inputs && kind.startsWith("azure-native:"))
        expect(inputs.location, name).toBe("westeurope");
    }
  });
});

describe("a disposable platform", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("disposable");
  });

  it("protects, locks and keeps nothing, so that one plain destroy removes all of it", () => {
    const kept = stack.resources.filter(({ options }) => options.protect || options.retainOnDelete);
    expect(kept.map(({ urn }) => urn)).toEqual([]);
    expect(count(stack, type.lock)).toBe(0);
    const vault = stack.find(type.vault, "platform-vault").inputs;
    expect(vault.properties).toMatchObject({ softDeleteRetentionInDays: 7 });
    expect(vault.properties).not.toHaveProperty("enablePurgeProtection");
    expect(stack.find(type.class, "platform-block").inputs.reclaimPolicy).toBe("Delete");
  });

  it("has one of each server, and no past", () => {
    expect(stack.find(type.postgres, "platform-postgres").inputs).toMatchObject({
      highAvailability: { mode: "Disabled" },
      backup: { backupRetentionDays: 7 },
      storage: { autoGrow: "Enabled" },
    });
    expect(stack.find(type.cache, "platform-redis").inputs.highAvailability).toBe("Disabled");
    expect(stack.find(type.blobs, "platform-store").inputs).toMatchObject({
      isVersioningEnabled: false,
      containerDeleteRetentionPolicy: { enabled: false },
    });
    expect(stack.find(type.aks, "platform-aks").inputs.sku).toEqual({ name: "Base", tier: "Free" });
    expect(count(stack, type.maintenance)).toBe(0);
  });

  it("has no delete hook, with which a plain destroy would fail", () => {
    expect(stack.custom.flatMap(({ options }) => options.hooks).filter((one) => /delete/i.test(one))).toEqual(
      [],
    );
  });
});

describe("where", () => {
  it("a region has no zones, nothing is spread, and the standby is beside its server", async () => {
    const stack = await declared("production", { settings: { region: "westus", zones: [] } });
    expect(stack.find(type.postgres, "platform-postgres").inputs).toMatchObject({
      highAvailability: { mode: "SameZone" },
    });
    expect(stack.find(type.account, "platform-store").inputs.sku).toEqual({ name: "Standard_LRS" });
    expect(stack.find(type.aks, "platform-aks").inputs.agentPoolProfiles).not.toHaveProperty(
      "0.availabilityZones",
    );
    expect(stack.find(type.class, "platform-block").inputs.parameters).toEqual({
      skuName: "StandardSSD_LRS",
    });
  });

  it("the endpoint is private, so is the vault", async () => {
    const cluster = { ...settings.cluster, endpoint: { access: "private", cidrs: [] } } as const;
    const stack = await declared("production", { settings: { cluster } });
    expect(stack.find(type.aks, "platform-aks").inputs.apiServerAccessProfile).toMatchObject({
      enablePrivateCluster: true,
      privateDNSZone: "system",
    });
    expect(stack.find(type.vault, "platform-vault").inputs.properties).toMatchObject({
      publicNetworkAccess: "Disabled",
    });
    expect(
      stack.find(type.endpoint, "platform-vault-endpoint").inputs.privateLinkServiceConnections,
    ).toMatchObject([{ groupIds: ["vault"] }]);
  });

  it("the edge is internal, it has no address of the world", async () => {
    const stack = await declared("production", { settings: { loadBalancer: "internal" } });
    expect(count(stack, type.address)).toBe(0);
    const values = JSON.stringify(stack.find("kubernetes:helm.sh/v3:Release", "platform-traefik").inputs);
    expect(values).toContain('"service.beta.kubernetes.io/azure-load-balancer-internal":"true"');
  });

  it("the edge is public, its address is one that outlives the load balancer", async () => {
    const stack = await declared("production");
    const values = JSON.stringify(stack.find("kubernetes:helm.sh/v3:Release", "platform-traefik").inputs);
    expect(values).toContain('"service.beta.kubernetes.io/azure-pip-name":"portolan-eu-prod-edge"');
    expect(values).toContain(
      '"service.beta.kubernetes.io/azure-load-balancer-resource-group":"portolan-eu-prod"',
    );
  });

  it("an application shares files, they are in an account that outlives the cluster", async () => {
    const needs = { sharedVolume: { sizeGi: 20 } };
    const stack = await declared("production", { request: { needs } });
    expect(stack.find(type.account, "platform-files").inputs).toMatchObject({
      accountName: "portolaneuprodnfsa1b2c3",
      kind: "FileStorage",
      sku: { name: "Premium_ZRS" },
      allowSharedKeyAccess: false,
      publicNetworkAccess: "Disabled",
    });
    expect(stack.find(type.account, "platform-files").options).toMatchObject({
      protect: true,
      retainOnDelete: true,
    });
    expect(stack.find(type.class, "platform-shared").inputs).toMatchObject({
      provisioner: "file.csi.azure.com",
      reclaimPolicy: "Retain",
      parameters: {
        protocol: "nfs",
        storageAccount: "portolaneuprodnfsa1b2c3",
        resourceGroup: "portolan-eu-prod",
        // Else the driver changes the nodes' subnet.
        networkEndpointType: "privateEndpoint",
      },
    });
    const { platform } = stack.result();
    expect(platform.facts.storage).toEqual({
      block: "portolan-block",
      shared: { className: "portolan-shared", accessMode: "ReadWriteMany" },
    });
  });

  it("nothing is needed, no server and no store is made", async () => {
    const stack = await declared("production", { request: { needs: {} } });
    for (const kind of [type.postgres, type.cache, type.account, type.container])
      expect(count(stack, kind), kind).toBe(0);
  });
});

describe("what a user brings", () => {
  it("a network: nothing of one is made but the names in it", async () => {
    const stack = await declared("production", {
      settings: {
        network: {
          kind: "existing",
          nodeSubnetId: givenSubnet("nodes"),
          endpointSubnetId: givenSubnet("endpoints"),
          databaseSubnetId: givenSubnet("database"),
        },
      },
    });
    for (const kind of [type.network, type.subnet, type.rules]) expect(count(stack, kind), kind).toBe(0);
    expect(stack.find(type.aks, "platform-aks").inputs.agentPoolProfiles).toMatchObject([
      { vnetSubnetID: givenSubnet("nodes") },
    ]);
    expect(stack.find(type.postgres, "platform-postgres").inputs.network).toMatchObject({
      delegatedSubnetResourceId: givenSubnet("database"),
    });
    expect(stack.find(type.link, "platform-zone-redis").inputs.virtualNetwork).toEqual({
      id: givenSubnet("nodes").replace("/subnets/nodes", ""),
    });
  });

  it("private DNS zones: neither zones nor links are made", async () => {
    const zone = (name: string) =>
      `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/${name}`;
    const stack = await declared("production", {
      settings: {
        privateZones: {
          database: zone("d"),
          redis: zone("r"),
          blob: zone("b"),
          file: zone("f"),
          vault: zone("v"),
        },
      },
    });
    expect(count(stack, type.zone)).toBe(0);
    expect(count(stack, type.link)).toBe(0);
    expect(stack.find(type.postgres, "platform-postgres").inputs.network).toMatchObject({
      privateDnsZoneArmResourceId: zone("d"),
    });
  });

  const mine = {
    kind: "existing",
    name: "mine",
    resourceGroup: "theirs",
    endpoint: { access: "private", cidrs: [] },
    adminGroupObjectIds: [group],
  } as const;
  const asked = {
    "azure-native:containerservice:getManagedCluster": () => ({
      oidcIssuerProfile: { enabled: true, issuerURL: "https://mine.example.com/" },
      securityProfile: { workloadIdentity: { enabled: true } },
      aadProfile: { managed: true },
      identity: { principalId: "system" },
      resourceUID: "uid-1",
    }),
  };

  it("a cluster: its vaults are written by the groups that are named, and closed as those of one that is made", async () => {
    const stack = await declared("production", {
      settings: { cluster: mine },
      request: { externalSecrets: true },
      answers: asked,
    });
    for (const name of ["platform-vault", "platform-external-vault"]) {
      expect(stack.find(type.vault, name).inputs.properties, name).toMatchObject({
        publicNetworkAccess: "Disabled",
        networkAcls: { defaultAction: "Deny" },
      });
      expect(stack.find(type.role, `${name}-11111111`).inputs.principalId, name).toBe(group);
      expect(stack.find(type.endpoint, `${name}-endpoint`).inputs, name).toBeDefined();
    }
    const cidrs = ["203.0.113.7/32"];
    const listed = await declared("production", {
      settings: { cluster: { ...mine, endpoint: { access: "public", cidrs } } },
      answers: asked,
    });
    expect(listed.find(type.vault, "platform-vault").inputs.properties).toMatchObject({
      networkAcls: { defaultAction: "Deny", ipRules: [{ value: "203.0.113.7/32" }] },
    });
  });

  it("a cluster: it is asked for its issuer and identity, and never changed", async () => {
    const stack = await declared("production", { settings: { cluster: mine }, answers: asked });
    expect(count(stack, type.aks)).toBe(0);
    expect(count(stack, type.maintenance)).toBe(0);
    expect(
      stack.find("azure-native:managedidentity:FederatedIdentityCredential", "acme-identity").inputs.issuer,
    ).toBe("https://mine.example.com/");
    expect(await plain(stack.result().platform.facts.cluster.identifier)).toBe("uid-1");
    expect(stack.find(type.role, "platform-edge").inputs.principalId).toBe("system");
  });

  it("a database server: none is made, and its admin's Secret is the user's", async () => {
    const stack = await declared("production", {
      settings: {
        database: {
          kind: "existing",
          host: "pg.mine.example",
          port: 5433,
          tls: { roots: "system" },
          admin: { username: "root", secretName: "pg", key: "pw" },
        },
      },
    });
    expect(count(stack, type.postgres)).toBe(0);
    expect(stack.custom.filter(({ name }) => name === "platform-database-admin")).toEqual([]);
    expect(stack.result().platform.facts.databaseServer).toMatchObject({
      host: "pg.mine.example",
      port: 5433,
      adminUsername: "root",
      adminSecret: { secretName: "pg", key: "pw" },
    });
  });

  it("a Redis: none is made", async () => {
    const redis = {
      kind: "existing",
      host: "redis.mine.example",
      port: 6380,
      tls: { roots: "system" },
      isolation: "acl",
    } as const;
    const account = { username: "acme", prefix: "ward-7/", password: { secretName: "mine", key: "redis" } };
    const tenant = { given: { redis: account } };
    const stack = await declared("production", { settings: { redis }, tenant });
    expect(count(stack, type.cache)).toBe(0);
    const { platform, tenants } = stack.result();
    expect(platform.facts.offers.redis).toEqual(["acl"]);
    expect(tenants.acme?.redis).toMatchObject({ port: 6380, username: "acme", prefix: "ward-7/" });
  });

  it("a vault: none is made", async () => {
    const stack = await declared("production", {
      settings: { vault: { name: "mine", resourceGroup: "theirs" } },
      answers: {
        "azure-native:keyvault:getVault": () => ({ properties: { vaultUri: "https://mine.example.com/" } }),
      },
    });
    expect(count(stack, type.vault)).toBe(0);
    expect(await plain(stack.result().platform.facts.own?.vaultUri ?? "")).toBe("https://mine.example.com/");
  });

  it("a DNS zone: a record for the domain and one for all hosts below it are made in it", async () => {
    const stack = await declared("production", {
      settings: { dns: { zone: "example.com", resourceGroup: "names" } },
    });
    expect(stack.find(type.record, "platform-domain").inputs).toMatchObject({
      zoneName: "example.com",
      relativeRecordSetName: "apps",
      aRecords: [{ ipv4Address: "192.0.2.1" }],
    });
    expect(stack.find(type.record, "platform-hosts").inputs).toMatchObject({
      zoneName: "example.com",
      resourceGroupName: "names",
      recordType: "A",
      relativeRecordSetName: "*.apps",
      aRecords: [{ ipv4Address: "192.0.2.1" }],
    });
  });
});
