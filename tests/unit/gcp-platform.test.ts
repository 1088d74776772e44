import { beforeAll, describe, expect, it } from "vitest";
import { declared, type Made, namesOf, needs } from "./gcp-fixtures.ts";
import type { Run } from "./harness.ts";

const gke = "gcp:container/cluster:Cluster";
const sql = "gcp:sql/databaseInstance:DatabaseInstance";
const redis = "gcp:redis/instance:Instance";
const bucket = "gcp:storage/bucket:Bucket";
const release = "kubernetes:helm.sh/v3:Release";

let production: Run<() => Made>;
let disposable: Run<() => Made>;
beforeAll(async () => {
  production = await declared("production");
  disposable = await declared("disposable");
});

function dataOf(stack: Run<() => Made>) {
  return stack.custom.filter(({ type }) => [sql, redis, bucket].includes(type));
}

describe("a tenant that is let go", () => {
  it("keeps its bucket's past as long as the platform says", async () => {
    const rules = (stack: Run<unknown>) => stack.find(bucket, "acme-bucket").inputs.lifecycleRules;
    const going = await declared("production", { tenant: { lifecycle: "disposable" } });
    expect(going.find(bucket, "acme-bucket").inputs.forceDestroy).toBe(true);
    expect(rules(going)).toEqual(rules(production));
    expect(rules(going)).not.toEqual(rules(disposable));
  });
});

describe("a production platform", () => {
  it("guards what holds data three times: in the engine, in the provider and in the cloud", () => {
    expect(dataOf(production).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["platform-postgres", "platform-redis", "acme-bucket", "bhc-bucket"]),
    );
    for (const { name, options, inputs } of dataOf(production)) {
      expect(options, name).toMatchObject({ protect: true, retainOnDelete: true });
      expect(inputs.deletionPolicy, name).toBe("PREVENT");
    }
    expect(production.find(sql, "platform-postgres").inputs).toMatchObject({
      deletionProtection: true,
      settings: { deletionProtectionEnabled: true },
    });
    expect(production.find(redis, "platform-redis").inputs).toMatchObject({ deletionProtection: true });
    expect(production.find(bucket, "acme-bucket").inputs).toMatchObject({ forceDestroy: false });
  });

  it("has a standby for each server, backups, and a way back to any minute of a week", () => {
    expect(production.find(sql, "platform-postgres").inputs).toMatchObject({
      databaseVersion: "POSTGRES_17",
      settings: {
        edition: "ENTERPRISE",
        tier: "db-custom-2-7680",
        availabilityType: "REGIONAL",
        retainBackupsOnDelete: true,
        backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
      },
    });
    expect(production.find(redis, "platform-redis").inputs).toMatchObject({
      tier: "STANDARD_HA",
      persistenceConfig: { persistenceMode: "RDB" },
    });
  });

  it("keeps the address that the DNS names", () => {
    const { options } = production.find("gcp:compute/address:Address", "platform-edge");
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
  });

  it("keeps a disk whose claim is gone", () => {
    const { inputs } = production.find("kubernetes:storage.k8s.io/v1:StorageClass", "platform-block");
    expect(inputs).toMatchObject({ provisioner: "pd.csi.storage.gke.io", reclaimPolicy: "Retain" });
  });

  it("protects the cluster and encrypts its Secrets with a key that its agent may use first", () => {
    const { inputs, options } = production.find(gke, "platform-gke");
    expect(options.protect).toBe(true);
    expect(inputs).toMatchObject({
      deletionProtection: true,
      databaseEncryption: { state: "ENCRYPTED", keyName: "platform-cluster-key-id" },
    });
    expect(namesOf(options.dependsOn)).toContain("platform-cluster-key-use");
    expect(
      production.find("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "platform-cluster-key-use").inputs,
    ).toMatchObject({
      member: "serviceAccount:service-987654321@container-engine-robot.iam.gserviceaccount.com",
    });
  });
});

describe("a change of size", () => {
  it("changes machine and memory where they stand, and nothing else of what holds data", async () => {
    const large = await declared("production", { request: { size: "large" } });
    const differing = large.custom
      .filter(({ type, name, inputs }) => {
        const before = production.find(type, name).inputs;
        return JSON.stringify(before) !== JSON.stringify(inputs);
      })
      .map(({ name }) => name);
    expect(differing.sort()).toEqual(["platform-postgres", "platform-redis"]);
    const without = (stack: Run<() => Made>) => {
      const server = structuredClone(stack.find(sql, "platform-postgres").inputs);
      const settings: unknown = server.settings;
      if (typeof settings === "object" && settings !== null) Reflect.deleteProperty(settings, "tier");
      const { memorySizeGb: _, ...cache } = stack.find(redis, "platform-redis").inputs;
      return [server, cache, stack.find(bucket, "acme-bucket").inputs];
    };
    expect(without(large)).toEqual(without(production));
  });
});

describe("a disposable platform", () => {
  it("guards nothing, so that one plain destroy removes all of it", () => {
    const kept = disposable.resources.filter(({ options }) => options.protect || options.retainOnDelete);
    expect(kept).toEqual([]);
    expect(disposable.find(gke, "platform-gke").inputs).toMatchObject({
      deletionProtection: false,
      deletionPolicy: "DELETE",
    });
    expect(disposable.find(sql, "platform-postgres").inputs).toMatchObject({
      deletionProtection: false,
      settings: {
        deletionProtectionEnabled: false,
        availabilityType: "ZONAL",
        retainBackupsOnDelete: false,
        finalBackupConfig: { enabled: false },
        backupConfiguration: { enabled: false, pointInTimeRecoveryEnabled: false },
      },
    });
    expect(disposable.find(bucket, "acme-bucket").inputs).toMatchObject({
      forceDestroy: true,
      softDeletePolicy: { retentionDurationSeconds: 0 },
    });
  });

  it("makes no key, which could never be deleted, and says of the cluster that it does without", () => {
    expect(disposable.custom.filter(({ type }) => type.includes("kms/"))).toEqual([]);
    expect(disposable.find(gke, "platform-gke").inputs.databaseEncryption).toEqual({ state: "DECRYPTED" });
  });
});

describe("the logs of the control plane", () => {
  it("are kept in production, and switched off again in a stack that became disposable", () => {
    const logged = (stack: Run<() => Made>) => stack.find(gke, "platform-gke").inputs.loggingConfig;
    const always = ["SYSTEM_COMPONENTS", "WORKLOADS"];
    expect(logged(production)).toEqual({ enableComponents: [...always, "APISERVER"] });
    expect(logged(disposable)).toEqual({ enableComponents: always });
  });
});

describe("every platform", () => {
  it("has its Redis by the same way and of the same tier, of which neither can be changed", () => {
    for (const stack of [production, disposable])
      expect(stack.find(redis, "platform-redis").inputs).toMatchObject({
        tier: "STANDARD_HA",
        connectMode: "DIRECT_PEERING",
        transitEncryptionMode: "SERVER_AUTHENTICATION",
        reservedIpRange: "10.65.0.0/29",
      });
  });

  it("has a cluster of private nodes with an account of their own, open by name alone", () => {
    expect(disposable.find(gke, "platform-gke").inputs).toMatchObject({
      enableAutopilot: true,
      location: "asia-northeast1",
      privateClusterConfig: { enablePrivateNodes: true },
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true, enableK8sTokensViaDns: false },
        ipEndpointsConfig: { enabled: false },
      },
      clusterAutoscaling: { autoProvisioningDefaults: { serviceAccount: "platform-nodes@example.com" } },
    });
  });

  it("reaches the database in private, encrypted, by the name in its certificate", async () => {
    expect(disposable.find(sql, "platform-postgres").inputs).toMatchObject({
      settings: {
        ipConfiguration: {
          ipv4Enabled: false,
          sslMode: "ENCRYPTED_ONLY",
          serverCaMode: "GOOGLE_MANAGED_CAS_CA",
          pscConfigs: [{ pscEnabled: true, allowedConsumerProjects: ["clinic-1"] }],
        },
      },
    });
    expect(disposable.find("gcp:dns/managedZone:ManagedZone", "platform-postgres").inputs).toMatchObject({
      dnsName: "1a2b.3c4d.asia-northeast1.sql.goog.",
      visibility: "private",
    });
    expect(disposable.find("gcp:dns/recordSet:RecordSet", "platform-postgres").inputs).toMatchObject({
      name: "1a2b.3c4d.asia-northeast1.sql.goog.",
      rrdatas: ["10.64.0.9"],
    });
  });

  it("never evicts what is in Redis, and lets nobody in without password and encryption", () => {
    expect(disposable.find(redis, "platform-redis").inputs).toMatchObject({
      authEnabled: true,
      transitEncryptionMode: "SERVER_AUTHENTICATION",
      redisConfigs: { "maxmemory-policy": "noeviction" },
      redisVersion: "REDIS_7_2",
    });
  });

  it("is destroyed in order: what is in the cluster, the drain, the cluster, the way out", () => {
    const waitsFor = (name: string, type: string) => namesOf(disposable.find(type, name).options.dependsOn);
    expect(waitsFor("platform-traefik", release)).toContain("platform-drain");
    expect(waitsFor("platform-cert-manager", release)).toContain("platform-drain");
    expect(waitsFor("platform-drain", release)).toEqual(
      expect.arrayContaining(["platform-gke", "platform-nat", "platform-services", "platform-edge"]),
    );
    expect(waitsFor("platform-database-admin", "kubernetes:core/v1:Secret")).toContain("platform-drain");
    expect(waitsFor("platform-gke", gke)).toContain("platform-nat");
    expect(waitsFor("platform-traefik", release)).toContain("platform-edge");
    expect(waitsFor("acme-identity", "gcp:storage/bucketIAMMember:BucketIAMMember")).toContain(
      "platform-gke",
    );
    expect(waitsFor("acme-bucket", bucket)).toContain("platform-api-storage");
  });

  it("lets tenants wait for the drain, the edge, the database's name and Redis", () => {
    const names = disposable.result().platform.ready.length;
    expect(names).toBeGreaterThan(8);
  });

  it("gives every resource of the cloud the platform's own provider", () => {
    const strays = disposable.custom.filter(
      ({ type, options }) => type.startsWith("gcp:") && !options.provider.includes("platform-gcp"),
    );
    expect(strays).toEqual([]);
  });

  it("gives a tenant a bucket that only its own ServiceAccount opens, with two resources", () => {
    const ofTenant = disposable.custom.filter(({ name }) => name.startsWith("acme-"));
    expect(ofTenant.map(({ name }) => name).sort()).toEqual(["acme-bucket", "acme-identity"]);
    expect(disposable.find(bucket, "acme-bucket").inputs).toMatchObject({
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
    });
    expect(
      disposable.find("gcp:storage/bucketIAMMember:BucketIAMMember", "acme-identity").inputs,
    ).toMatchObject({
      role: "roles/storage.objectUser",
      member:
        "principal://iam.googleapis.com/projects/987654321/locations/global/workloadIdentityPools/clinic-1.svc.id.goog/subject/ns/app-acme/sa/app",
    });
  });

  it("switches on only the APIs that it uses, and never off", async () => {
    const services = (stack: Run<() => Made>) =>
      stack.custom.filter(({ type }) => type === "gcp:projects/service:Service");
    const plain = await declared("disposable", {
      request: { needs: { database: needs.database ?? { engine: "postgres" } } },
    });
    expect(services(plain).map(({ name }) => name)).not.toContain("platform-api-redis");
    expect(services(production).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["platform-api-redis", "platform-api-cloudkms"]),
    );
    for (const { inputs } of services(production)) expect(inputs.disableOnDestroy).toBe(false);
  });
});
