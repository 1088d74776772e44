/** What a tenant gets on Google Cloud, and what nobody else does. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { GcpCell } from "../../providers/gcp/cell.ts";
import type { PlatformFacts } from "../../providers/platform.ts";
import { declared, type Made, needs, settings, simulate, tenantRequest } from "./gcp-fixtures.ts";
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

function known<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

const bucket = "gcp:storage/bucket:Bucket";
const access = "gcp:storage/bucketIAMMember:BucketIAMMember";
const redis = "gcp:redis/instance:Instance";

describe("a tenant", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("production");
  });

  it("has two resources of its own, by the platform's provider of Google Cloud", () => {
    const own = stack.custom.filter(({ urn }) => urn.includes("::acme-"));
    expect(own.map(({ type }) => type).sort()).toEqual([bucket, access]);
    for (const { name, options } of own) expect(options.provider, name).toContain("platform-gcp");
  });

  it("opens the objects of its own bucket, as its own ServiceAccount alone", () => {
    expect(stack.find(access, "acme-identity").inputs).toEqual({
      bucket: "portolan-asia-prod-acme-a1b2c3",
      role: "roles/storage.objectUser",
      member:
        "principal://iam.googleapis.com/projects/987654321/locations/global/workloadIdentityPools/clinic-1.svc.id.goog/subject/ns/app-acme/sa/app",
    });
  });

  it("has a bucket that is closed to the world and keeps what was deleted", () => {
    expect(stack.find(bucket, "acme-bucket").inputs).toMatchObject({
      location: "asia-northeast1",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: 604_800 },
    });
  });

  it("is told all of it in the contract's words", async () => {
    const { tenants, platform } = stack.result();
    const acme = tenants.acme;
    if (acme?.redis === undefined || acme.objectStore?.protocol !== "gcs")
      throw new Error("a service is missing");
    expect(acme.identity).toMatchObject({ serviceAccountAnnotations: {}, podLabels: {} });
    expect(acme.identity.endpoints?.map(({ port }) => port)).toEqual([80, 988]);
    expect(acme.redis).toMatchObject({ port: 6378, isolation: "prefix", prefix: "acme:" });
    expect(acme.redis.username).toBeUndefined();
    expect(await known(acme.redis.host)).toBe("10.65.0.4");
    expect(JSON.stringify(await known(acme.redis.tls))).toContain("platform-redis");
    expect(acme.objectStore).toMatchObject({ access: { kind: "identity" }, tls: { roots: "system" } });
    expect(await known(acme.objectStore.bucket)).toBe("portolan-asia-prod-acme-a1b2c3");
    expect(acme.database?.kind).toBe("server");
    const server = await known(platform.facts.databaseServer);
    expect(server).toMatchObject({
      host: "1a2b.3c4d.asia-northeast1.sql.goog",
      port: 5432,
      adminUsername: "portolan",
      adminSecret: { secretName: "database-admin", key: "password" },
    });
    expect(JSON.stringify(server?.tls)).toContain("cloud-sql");
    expect(acme.ready.length).toBe(1);
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
    for (const secret of ["random-platform-database-admin", "auth-platform-redis"])
      expect(text).not.toContain(secret);
    const { platform, tenants } = stack.result();
    const facts = pulumi.output(platform.facts);
    expect(await pulumi.isSecret(facts)).toBe(false);
    expect(JSON.stringify(await known(facts))).not.toMatch(/random-platform|auth-/);
    expect(await pulumi.isSecret(platform.kubeconfig)).toBe(true);
    const password = tenants.acme?.redis?.password;
    expect(password?.kind === "value" && (await pulumi.isSecret(password.value))).toBe(true);
  });
});

describe("a Redis for each tenant", () => {
  const own = { ...settings.redis, kind: "new", version: "7.2", isolation: "instance" } as const;

  it("is a server of its own, and no shared one", async () => {
    const stack = await declared("disposable", { settings: { redis: own } });
    const made = stack.custom.filter(({ type }) => type === redis).map(({ name }) => name);
    expect(made.sort()).toEqual(["acme-redis", "bhc-redis"]);
    expect(stack.find(redis, "acme-redis").inputs).toMatchObject({
      name: "portolan-asia-prod-acme-a1b2c3",
      memorySizeGb: 1,
      authorizedNetwork: "platform-network-id",
      transitEncryptionMode: "SERVER_AUTHENTICATION",
    });
    // One range is not enough for two: Google picks free ones.
    expect(stack.find(redis, "acme-redis").inputs).not.toHaveProperty("reservedIpRange");
    const { tenants } = stack.result();
    expect(tenants.acme?.redis).toMatchObject({ isolation: "instance", port: 6378 });
    expect(tenants.acme?.redis?.prefix).toBeUndefined();
    const password = tenants.acme?.redis?.password;
    expect(password?.kind === "value" && (await known(password.value))).toBe("auth-acme-redis");
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
  function cellOn(base: PlatformFacts, region = "asia-northeast1") {
    return run(() => {
      simulate({
        "gcp:redis/getInstance:getInstance": ({ name }) => ({ authString: `asked-of-${String(name)}` }),
      });
      const cell = new GcpCell("platform", {
        base,
        images: {},
        hooks: () => ({}),
        needs,
        settings: { project: "clinic-1", region },
      });
      const parent = new pulumi.ComponentResource("test:Tenant", "cab", {});
      const services = cell.tenantServices(tenantRequest("cab", "production", parent));
      return () => ({ cell, services });
    });
  }

  async function baseFacts(): Promise<PlatformFacts> {
    const stack = await declared("production");
    const facts = await known(stack.result().platform.facts);
    // As a StackReference would hand it over.
    return JSON.parse(JSON.stringify(facts));
  }

  it("makes its tenants' things from the base's facts, and nothing that cells share", async () => {
    const stack = await cellOn(await baseFacts());
    const types = stack.custom.map(({ type }) => type).filter((type) => !type.startsWith("pulumi:"));
    expect(types.sort()).toEqual([bucket, access]);
    expect(stack.find(bucket, "cab-bucket").inputs.name).toBe("portolan-asia-prod-cab-a1b2c3");
    const { retained } = stack.result().cell;
    expect(retained).toContain("write-once keys stay in Secret Manager");
    expect(retained).not.toContain("each tenant's Redis stays, and with it its password");
  });

  it("asks the cloud for the password of the shared Redis, which no facts hold", async () => {
    const { services, cell } = (await cellOn(await baseFacts())).result();
    const password = services.redis?.password;
    if (password?.kind !== "value") throw new Error("no password");
    expect(await known(password.value)).toBe("asked-of-portolan-asia-prod-a1b2c3");
    expect(await pulumi.isSecret(password.value)).toBe(true);
    expect(await pulumi.isSecret(cell.kubeconfig)).toBe(true);
    expect(cell.facts.cluster.identifier).toBe("a1b2c3");
  });

  it("is where its base is", async () => {
    const base = await baseFacts();
    await expect(cellOn(base, "us-central1")).rejects.toThrow("a cell is where its base is");
  });

  it("names what the facts of an older base lack", async () => {
    const base = await baseFacts();
    const { suffix: _, ...own } = base.own ?? {};
    await expect(cellOn({ ...base, own })).rejects.toThrow("lack suffix");
  });
});

describe("services that the user brings", () => {
  it("are named and not made: database and Redis, with each tenant's own account", async () => {
    const tls = { roots: "system" } as const;
    const admin = { username: "root", secretName: "pg", key: "password" };
    const stack = await declared("production", {
      settings: {
        database: { kind: "existing", host: "pg.example.com", port: 5433, tls, admin },
        redis: { kind: "existing", host: "redis.example.com", port: 6380, tls, isolation: "acl" },
      },
      tenant: {
        needs,
        given: { redis: { username: "acme", password: { secretName: "mine", key: "redis" } } },
      },
    });
    const made = stack.custom.map(({ type }) => type);
    expect(made.filter((type) => /gcp:(sql|redis|servicenetworking)/.test(type))).toEqual([]);
    const { platform, tenants } = stack.result();
    expect(platform.facts.databaseServer).toMatchObject({
      host: "pg.example.com",
      adminSecret: { secretName: "pg" },
    });
    expect(tenants.acme?.redis).toMatchObject({
      host: "redis.example.com",
      port: 6380,
      username: "acme",
      isolation: "acl",
      password: { kind: "secret", ref: { secretName: "mine", key: "redis" } },
    });
  });
});
