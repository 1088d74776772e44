/** What a tenant gets on Azure, and what nobody else does. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { AzureCell } from "../../providers/azure/cell.ts";
import { unaliased } from "../../providers/azure/scope.ts";
import type { PlatformFacts } from "../../providers/platform.ts";
import {
  declared,
  type Made,
  needs,
  plain,
  settings,
  simulate,
  subscription,
  tenantRequest,
} from "./azure-fixtures.ts";
import { type Run, run } from "./harness.ts";

/** How the engine marks a secret among plain inputs. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** Text of all inputs with what is marked secret taken out: what anybody may read. */
function inClear(stack: Run<unknown>): string {
  return JSON.stringify(
    stack.custom.map(({ inputs }) => inputs),
    (_key, value) =>
      typeof value === "object" && value !== null && Object.values(value).includes(secretMark) ? "*" : value,
  );
}

const container = `/subscriptions/${subscription}/resourceGroups/portolan-eu-prod/providers/storage/BlobContainer/acme-container`;

describe("a tenant", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("production");
  });

  const of = (slug: string) => stack.custom.filter(({ urn }) => urn.includes(`::${slug}-`));

  it("has four resources of its own, all by the platform's provider of Azure", () => {
    expect(
      of("acme")
        .map(({ type }) => type.split(":").at(-1))
        .sort(),
    ).toEqual(["BlobContainer", "FederatedIdentityCredential", "RoleAssignment", "UserAssignedIdentity"]);
    for (const { name, options } of of("acme")) expect(options.provider, name).toContain("platform-azure");
  });

  it("opens its own container and nothing else, as its own ServiceAccount alone", () => {
    expect(stack.find("azure-native:authorization:RoleAssignment", "acme-container").inputs).toMatchObject({
      scope: container,
      principalId: "principal-of-acme-identity",
      principalType: "ServicePrincipal",
      roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe`,
    });
    expect(
      stack.find("azure-native:managedidentity:FederatedIdentityCredential", "acme-identity").inputs,
    ).toMatchObject({
      resourceName: "portolan-eu-prod-tenant-acme",
      issuer: "https://issuer.example.com/tenant/",
      subject: "system:serviceaccount:app-acme:app",
      audiences: ["api://AzureADTokenExchange"],
    });
    expect(stack.find("azure-native:storage:BlobContainer", "acme-container").inputs).toMatchObject({
      containerName: "portolan-eu-prod-acme",
      accountName: "portolaneuproda1b2c3",
      publicAccess: "None",
    });
  });

  it("is told all of it in the contract's words", async () => {
    const { tenants, platform } = stack.result();
    const acme = tenants.acme;
    if (acme?.redis === undefined || acme.objectStore?.protocol !== "azure-blob")
      throw new Error("a service is missing");
    expect(await plain(acme.identity)).toEqual({
      serviceAccountAnnotations: { "azure.workload.identity/client-id": "client-of-acme-identity" },
      podLabels: { "azure.workload.identity/use": "true" },
    });
    expect(acme.redis).toMatchObject({
      port: 10000,
      tls: { roots: "system" },
      isolation: "prefix",
      prefix: "acme:",
    });
    expect(await plain(acme.redis.host)).toBe("portolan-eu-prod-a1b2c3.redis.example.com");
    expect(await plain(acme.objectStore.endpoint)).toBe("https://account.blob.example.com");
    expect(await plain(acme.objectStore.container)).toBe("portolan-eu-prod-acme");
    expect(platform.facts.databaseServer).toMatchObject({
      port: 5432,
      tls: { roots: "system" },
      adminUsername: "portolan",
      adminSecret: { secretName: "database-admin", key: "password" },
    });
    expect(platform.facts.offers).toEqual({
      database: ["postgres"],
      redis: ["prefix"],
      objectStore: ["azure-blob"],
      sharedVolume: true,
    });
    expect(acme.ready.length).toBe(2);
  });

  it("has no identity where it needs no store: there is nothing else that one would open", async () => {
    const needs = { database: { engine: "postgres" } } as const;
    const plainer = await declared("production", { request: { needs } });
    expect(plainer.custom.filter(({ urn }) => urn.includes("::acme-"))).toEqual([]);
    expect(plainer.result().tenants.acme?.identity).toEqual({ serviceAccountAnnotations: {}, podLabels: {} });
  });

  it("may be called what the platform calls its own, and asks for the cache's key once for all", async () => {
    let asked = 0;
    const stack = await declared("production", {
      request: { tenants: ["cluster", "redis", "acme"] },
      answers: {
        "azure-native:redisenterprise:listDatabaseKeys": () => {
          asked += 1;
          return { primaryKey: "k", secondaryKey: "" };
        },
      },
    });
    const types = [
      "managedidentity:UserAssignedIdentity",
      "network:PrivateEndpoint",
      "storage:BlobContainer",
    ];
    for (const type of types) {
      const made = stack.custom.filter((one) => one.type === `azure-native:${type}`);
      const names = made.map(
        ({ inputs }) => inputs.resourceName ?? inputs.privateEndpointName ?? inputs.containerName,
      );
      expect(new Set(names).size, type).toBe(made.length);
    }
    expect(asked).toBe(1);
  });

  it("changes no other tenant's resources when it is added", async () => {
    const more = await declared("production", { request: { tenants: ["aaa", "acme", "bhc"] } });
    const inputs = (one: Run<unknown>) =>
      Object.fromEntries(
        one.custom
          .filter(({ urn }) => !urn.includes("::aaa-"))
          .map(({ urn, inputs }) => [urn, inputs] as const)
          .sort(([a], [b]) => a.localeCompare(b)),
      );
    expect(inputs(more)).toEqual(inputs(stack));
  });

  it("leaves no secret in clear, in inputs or in facts", async () => {
    const text = inClear(stack);
    for (const secret of ["password-acme", "random-platform-postgres", "key-of-portolan"])
      expect(text).not.toContain(secret);
    const facts = pulumi.output(stack.result().platform.facts);
    expect(await pulumi.isSecret(facts)).toBe(false);
    expect(JSON.stringify(await plain(facts))).not.toMatch(/password-|random-platform|key-of/);
    expect(await pulumi.isSecret(stack.result().platform.kubeconfig)).toBe(true);
    const redis = stack.result().tenants.acme?.redis?.password;
    if (redis?.kind !== "value") throw new Error("the cache's key is missing");
    expect(await pulumi.isSecret(redis.value)).toBe(true);
    expect(await plain(redis.value)).toBe("key-of-portolan-eu-prod-a1b2c3");
  });
});

describe("a cache for each tenant", () => {
  it("is made with the tenant, and none that is shared", async () => {
    const stack = await declared("production", {
      settings: { redis: { kind: "new", isolation: "instance" } },
    });
    const caches = stack.custom.filter(({ type }) => type === "azure-native:redisenterprise:RedisEnterprise");
    expect(caches.map(({ inputs }) => inputs.clusterName).sort()).toEqual([
      "portolan-eu-prod-acme-a1b2c3",
      "portolan-eu-prod-bhc-a1b2c3",
    ]);
    const own = stack.custom.filter(({ urn }) => urn.includes("::acme-"));
    expect(own.length).toBe(8);
    expect(stack.result().tenants.acme?.redis).toMatchObject({ isolation: "instance" });
    expect(stack.result().tenants.acme?.redis).not.toHaveProperty("prefix");
    expect(stack.result().platform.facts.offers.redis).toEqual(["instance"]);
  });
});

describe("roots in place of the usual ones", () => {
  it("reach every service they are given for", async () => {
    const pem = (of: string) => `-----BEGIN CERTIFICATE-----\n${of}\n-----END CERTIFICATE-----\n`;
    const roots = { database: pem("database"), redis: pem("redis"), objectStore: pem("store") };
    const stack = await declared("production", { request: { roots } });
    const { platform, tenants } = stack.result();
    expect(platform.facts.databaseServer?.tls).toEqual({ roots: { caPem: roots.database } });
    expect(tenants.acme?.redis?.tls).toEqual({ roots: { caPem: roots.redis } });
    expect(tenants.acme?.objectStore?.tls).toEqual({ roots: { caPem: roots.objectStore } });
  });
});

describe("a cell", () => {
  async function cellOf(base: PlatformFacts, region = "westeurope") {
    return run(() => {
      simulate();
      const cell = new AzureCell("platform", {
        base,
        images: {},
        hooks: () => ({}),
        needs,
        settings: { region, subscriptionId: undefined, login: "azurecli" },
      });
      const parent = new pulumi.ComponentResource("test:Tenant", "cab", {});
      const services = cell.tenantServices(tenantRequest("cab", "production", parent));
      return () => ({ cell, services });
    });
  }

  async function baseFacts(over: Parameters<typeof declared>[1] = {}): Promise<PlatformFacts> {
    const stack = await declared("production", over);
    const facts = await plain(stack.result().platform.facts);
    // As a StackReference would hand it over.
    return JSON.parse(JSON.stringify(facts));
  }

  it("makes its tenants' things from the base's facts, and nothing that cells share", async () => {
    const stack = await cellOf(await baseFacts());
    const types = stack.custom.map(({ type }) => type).filter((type) => !type.startsWith("pulumi:"));
    expect(types.length).toBe(4);
    expect(
      types.filter((type) => !/^azure-native:(storage|managedidentity|authorization):/.test(type)),
    ).toEqual([]);
    expect(stack.find("azure-native:storage:BlobContainer", "cab-container").inputs).toMatchObject({
      accountName: "portolaneuproda1b2c3",
      resourceGroupName: "portolan-eu-prod",
    });
    const { cell, services } = stack.result();
    expect(await plain(cell.kubeconfig)).toContain("https://aks.example.com:443");
    const key = services.redis?.password;
    expect(key?.kind === "value" && (await plain(key.value))).toBe("key-of-portolan-eu-prod-a1b2c3");
  });

  it("makes a tenant's own cache where the base gives each its own", async () => {
    const facts = await baseFacts({
      settings: { ...settings, redis: { kind: "new", isolation: "instance" } },
    });
    const stack = await cellOf(facts);
    expect(stack.find("azure-native:redisenterprise:RedisEnterprise", "cab-redis").inputs).toMatchObject({
      clusterName: "portolan-eu-prod-cab-a1b2c3",
      location: "westeurope",
    });
    expect(stack.result().cell.retained).toContain("each tenant's Redis stays, and with it its key");
  });

  it("is where its base is", async () => {
    await expect(cellOf(await baseFacts(), "northeurope")).rejects.toThrow("a cell is where its base is");
  });

  it("says what the facts of an older base lack", async () => {
    const { own, ...facts } = await baseFacts();
    const { issuer: _, ...older } = own ?? {};
    await expect(cellOf({ ...facts, own: older })).rejects.toThrow("lack issuer");
  });
});

describe("aliases of the SDK", () => {
  it("are dropped, for Azure's resources alone", () => {
    const args = {
      name: "x",
      props: {},
      opts: { aliases: [{ type: "azure-native:network/v20230201:Subnet" }] },
    };
    // The resource itself is not looked at.
    const of = (type: string) => unaliased({ ...args, type, resource: {} as pulumi.Resource });
    expect(of("azure-native:network:Subnet")?.opts).toEqual({ aliases: [] });
    expect(of("kubernetes:core/v1:Secret")).toBeUndefined();
  });
});
