/**
 * The whole platform against the simulated Azure, without an engine and with nothing behind it: whether it takes every
 * resource in the order the program gives, changes what can be changed, and lets go of all of them in the opposite order.
 */
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { AzurePlatform } from "../../providers/azure/platform.ts";
import type { AzureSettings } from "../../providers/azure/settings.ts";
import type { CloudRequest } from "../../providers/cloud.ts";
import type { Lifecycle, Needs } from "../../providers/platform.ts";
import type { FaultPlan } from "../../sandbox/clouds/core/faults.ts";
import {
  declared,
  group,
  madeHere,
  needs,
  request,
  settings,
  simulate,
  tenantRequest,
} from "./azure-fixtures.ts";
import { Rehearsed } from "./clouds-rehearsal.ts";
import { type Recorded, run } from "./harness.ts";

const everything: Needs = { ...needs, sharedVolume: { sizeGi: 10 } };

let cloud: Rehearsed;
const open = async (plan: FaultPlan = []) => {
  cloud = await Rehearsed.open("azure", { location: "westeurope" }, plan);
};
afterEach(() => cloud.remove());

interface Over {
  readonly settings?: Partial<AzureSettings>;
  readonly request?: Partial<CloudRequest>;
}

/** Declares the platform with two tenants; each resource of Azure is made, or changed, by the simulated cloud. */
async function rehearse(lifecycle: Lifecycle, over: Over = {}) {
  const asked = request(lifecycle, { needs: everything, ...over.request });
  const wanted = { ...settings, ...over.settings };
  // What the engine would not change is in the options, and the mocks see inputs only.
  const plain = await declared(lifecycle, { settings: wanted, request: asked });
  const ignored = new Map(
    plain.custom.map(({ type, name, options }) => [`${type} ${name}`, options.ignoreChanges]),
  );
  const stack = await run(
    () => {
      simulate();
      cloud.serve((type, name) => ignored.get(`${type} ${name}`) ?? []);
      const platform = new AzurePlatform("platform", { ...asked, settings: wanted });
      for (const slug of asked.tenants) {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        platform.tenantServices(tenantRequest(slug, lifecycle, parent, { needs: asked.needs }));
      }
    },
    { stack: "eu-prod" },
  );
  expect(cloud.refused).toEqual([]);
  expect(cloud.replaced).toEqual([]);
  return stack.custom.filter(({ type }) => type.startsWith("azure-native:"));
}

const key = ({ type, name }: Pick<Recorded, "type" | "name">) => `${type.split(":").at(-1)} ${name}`;

/** What the program no longer declares goes, last made first, unless it is only let go of. */
async function drop(before: readonly Recorded[], now: readonly Recorded[]): Promise<string[]> {
  const gone = before.filter((one) => !now.some((other) => key(other) === key(one)));
  for (const one of gone.toReversed()) {
    expect(one.options.protect, key(one)).toBe(false);
    const found = cloud.made.findIndex((other) => key(other) === key(one));
    const [made] = cloud.made.splice(found, 1);
    if (made && !one.options.retainOnDelete) await cloud.delete(made);
  }
  return gone.map(key);
}

const madeOnly = [
  "ManagementLockByScope platform-lock-cluster",
  "ManagementLockByScope platform-lock-database",
  "ManagementPolicy platform-store",
  "MaintenanceConfiguration platform-aks-node-upgrades",
  "MaintenanceConfiguration platform-aks-upgrades",
];

describe("the simulated Azure", () => {
  it("takes a disposable platform, and after its destroy keeps a vault's name, and nothing else", async () => {
    await open();
    const stack = await rehearse("disposable");
    expect(cloud.made.length).toBeGreaterThan(40);
    await cloud.destroy(stack);
    const { living, kept } = cloud.contents();
    expect(living).toEqual([]);
    expect(kept.map(({ type, why }) => `${type}: ${why}`)).toEqual([
      "azure-native:keyvault:Vault: deleted, and kept for 7 days or until it is purged",
    ]);
  });

  it("takes a production platform, and lets nobody delete what is locked", async () => {
    await open();
    await rehearse("production");
    for (const name of ["platform-postgres", "platform-aks", "platform-group"]) {
      const one = cloud.made.find(
        (other) => other.name === name && /:(Server|ManagedCluster|ResourceGroup)$/.test(other.type),
      );
      if (!one) throw new Error(`no ${name}`);
      await expect(cloud.delete(one)).rejects.toThrow(/ScopeLocked/);
    }
  });
});

describe("a platform that stands", () => {
  it("becomes disposable in place, and then goes with one destroy", async () => {
    await open();
    const before = await rehearse("production");
    const now = await rehearse("disposable");
    expect(cloud.changed.toSorted()).toEqual([
      "platform-aks: agentPoolProfiles[0].minCount, sku.tier",
      "platform-postgres: backup.backupRetentionDays, highAvailability.mode",
      "platform-store: containerDeleteRetentionPolicy.days, containerDeleteRetentionPolicy.enabled, deleteRetentionPolicy.days, deleteRetentionPolicy.enabled, isVersioningEnabled",
    ]);
    expect((await drop(before, now)).toSorted()).toEqual(madeOnly.toSorted());
    await cloud.destroy(now);
    const { living, kept } = cloud.contents();
    expect(living).toEqual([]);
    // What was promised in production stays promised.
    expect(kept.map(({ why }) => why)).toEqual(["deleted, and kept for 90 days or until it is purged"]);
  });

  it("becomes production in place: the vault can be purged no more, and the cache has its standby", async () => {
    await open();
    await rehearse("disposable");
    await rehearse("production");
    expect(cloud.changed).toEqual(
      expect.arrayContaining([
        "platform-redis: highAvailability",
        "platform-vault: properties.enablePurgeProtection",
      ]),
    );
    cloud.changed.length = 0;
    await rehearse("production");
    expect(cloud.changed).toEqual([]);
  });

  it.each(["production", "disposable"] as const)(
    "takes any size in place in %s, and no smaller disk",
    async (lifecycle) => {
      await open();
      await rehearse(lifecycle, { request: { size: "large" } });
      for (const size of ["small", "medium", "large"] as const) {
        cloud.changed.length = 0;
        await rehearse(lifecycle, { request: { size } });
        expect(cloud.changed.toSorted(), size).toEqual([
          "platform-aks: agentPoolProfiles[0].maxCount",
          "platform-postgres: sku.name",
          "platform-redis: sku.name",
        ]);
      }
    },
  );

  it("lets a group of administrators go in production, under the locks", async () => {
    await open();
    const other = "22222222-0000-4000-8000-000000000003";
    const withGroups = (...adminGroupObjectIds: string[]) => ({
      settings: { cluster: { ...madeHere, adminGroupObjectIds } },
    });
    const before = await rehearse("production", withGroups(group, other));
    const now = await rehearse("production", withGroups(group));
    expect((await drop(before, now)).toSorted()).toEqual([
      "RoleAssignment platform-access-admin-22222222",
      "RoleAssignment platform-access-user-22222222",
      "RoleAssignment platform-vault-22222222",
    ]);
  });

  it("takes a larger disk that the user names, with any size", async () => {
    await open();
    await rehearse("production");
    cloud.changed.length = 0;
    const database = { kind: "new", version: "17", storage: 256, geoRedundantBackup: false } as const;
    await rehearse("production", { settings: { database } });
    expect(cloud.changed).toEqual(["platform-postgres: storage.storageSizeGB"]);
  });
});

describe("an Azure that is in trouble", () => {
  it.each(["throttle", "error"] as const)(
    "answers %s to each type at first: all is made, changed and removed",
    async (fault) => {
      await open([{ type: "azure-native:*", fault, times: 3, each: "type" }]);
      const before = await rehearse("production");
      const now = await rehearse("disposable");
      await drop(before, now);
      await cloud.destroy(now);
      expect(cloud.contents().living).toEqual([]);
      expect(cloud.contents().duplicates).toEqual([]);
    },
  );

  it("is slow, and slow to know what it made: whatever is made waits for what it names", async () => {
    await open([
      { type: "azure-native:*", operation: "create", fault: "slow", ms: 40, times: 100 },
      { type: "azure-native:*", operation: "create", fault: "settle", ms: 60, times: 100 },
    ]);
    await rehearse("disposable");
    expect(cloud.contents().duplicates).toEqual([]);
  });

  it("has lost an answer: what is asked for once more is there already, and nothing is made by another name", async () => {
    await open();
    await rehearse("production");
    const put = new Set<string>();
    for (const { type, name, inputs } of [...cloud.made]) {
      const refusal = await cloud.make(type, name, inputs).then(() => undefined, String);
      if (refusal === undefined) put.add(type);
      else
        expect(refusal, `${type} ${name}`).toMatch(
          /already ?(existing|exists|taken|in use)|NameNotAvailable/i,
        );
    }
    // Settings are put; everything else is taken over by its id (docs/interrupted.md).
    expect([...put].toSorted()).toEqual([
      "azure-native:dbforpostgresql:Configuration",
      "azure-native:storage:BlobServiceProperties",
    ]);
    expect(cloud.contents().duplicates).toEqual([]);
  });
});
