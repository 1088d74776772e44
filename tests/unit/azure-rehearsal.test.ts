/**
 * The whole platform against the simulated Azure, without an engine and with nothing behind it: whether it takes every
 * resource in the order the program gives, and lets go of all of them in the opposite order.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AzurePlatform } from "../../providers/azure/platform.ts";
import type { AzureSettings } from "../../providers/azure/settings.ts";
import type { Lifecycle, Needs } from "../../providers/platform.ts";
import { nothing } from "../../sandbox/clouds/core/backend.ts";
import { cloudProvider } from "../../sandbox/clouds/core/provider.ts";
import { openCloud } from "../../sandbox/clouds/index.ts";
import type { Log, Provider } from "../../sandbox/engine/rpc/provider.ts";
import { type Bag, isBag, reveal, type Value } from "../../sandbox/engine/rpc/values.ts";
import { needs, request, settings, simulate, tenantRequest } from "./azure-fixtures.ts";
import { type Recorded, run } from "./harness.ts";

const silent: Log = { status: () => {}, info: () => {}, warning: () => {} };
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** Inputs as the mocks hand them over, where a secret is a bag with a mark and a value. */
function plainBag(inputs: unknown): Bag {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (Object.values(value).includes(secretMark) && "value" in value) return plain(value.value);
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, plain(one)]])),
    );
  };
  const bag: Value = JSON.parse(JSON.stringify(plain(inputs)));
  return isBag(bag) ? bag : {};
}

interface Made {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Bag;
  readonly outputs: Bag;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "azure-rehearsal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function cloud(): Promise<{ provider: Provider; left: () => string[] }> {
  const shared = await openCloud(
    "azure",
    { PORTOLAN_CLOUD_STATE: folder, PORTOLAN_CLOUD_PATIENCE: "20000" },
    nothing(),
  );
  const provider = cloudProvider("3.28.0", shared, silent);
  await provider.configure({ location: "westeurope" });
  return { provider, left: () => shared.store.all().map(({ type, id }) => `${type} ${id}`) };
}

const urnOf = (type: string, name: string) => `urn:pulumi:eu-prod::portolan::${type}::${name}`;

/** Declares the platform with two tenants; each resource of Azure is made by the simulated cloud. */
async function rehearse(
  lifecycle: Lifecycle,
  provider: Provider,
  wanted: Needs,
  over: Partial<AzureSettings> = {},
) {
  const made: Made[] = [];
  const refused: string[] = [];
  const stack = await run(
    () => {
      simulate();
      const monitor = pulumi.runtime.getMonitor() as unknown as { mocks: pulumi.runtime.Mocks };
      const plain = monitor.mocks;
      monitor.mocks = {
        newResource: async (args) => {
          const { type, name } = args;
          if (!type.startsWith("azure-native:")) return plain.newResource(args);
          // Thrown here, it would end the run in the middle, and the others that are refused would not be told.
          const one = await make(provider, type, name, plainBag(args.inputs)).catch((error: unknown) => {
            refused.push(`${type} ${name}: ${String(error)}`);
          });
          if (!one) return plain.newResource(args);
          made.push(one);
          return { id: one.id, state: one.outputs };
        },
        call: async (args) =>
          reveal((await provider.invoke(args.token, plainBag(args.inputs), false)).result),
      };
      const asked = request(lifecycle, { needs: wanted });
      const platform = new AzurePlatform("platform", { ...asked, settings: { ...settings, ...over } });
      for (const slug of asked.tenants) {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        platform.tenantServices({ ...tenantRequest(slug, lifecycle, parent), needs: wanted });
      }
    },
    { stack: "eu-prod" },
  );
  expect(refused).toEqual([]);
  return { stack, made };
}

async function make(provider: Provider, type: string, name: string, news: Bag): Promise<Made> {
  const target = { urn: urnOf(type, name), type, name };
  const randomSeed = new TextEncoder().encode(name.padEnd(32, "#"));
  const { inputs, failures } = await provider.check({ ...target, olds: {}, news, randomSeed });
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  const { id, outputs } = await provider.create({ ...target, news: inputs, preview: false, timeout: 0 });
  return { type, name, id, inputs, outputs: reveal(outputs) };
}

/** Deletes as the engine would: nothing before what depends on it, directly or by something in between. */
async function destroy(made: readonly Made[], resources: readonly Recorded[], provider: Provider) {
  const byUrn = new Map(resources.map((one) => [one.urn, one]));
  const gone = new Set<string>();
  const waitsFor = (one: Recorded) => resources.filter((other) => other.options.dependsOn.includes(one.urn));
  const remove = async (one: Recorded): Promise<void> => {
    if (gone.has(one.urn)) return;
    gone.add(one.urn);
    for (const other of waitsFor(one)) await remove(other);
    const found = made.find(({ type, name }) => type === one.type && name === one.name);
    if (!found) return;
    const { type, name, id, inputs, outputs } = found;
    await provider.delete({ urn: urnOf(type, name), type, name, id, inputs, outputs, timeout: 0 });
  };
  for (const one of byUrn.values()) await remove(one);
}

const everything: Needs = { ...needs, sharedVolume: { sizeGi: 10 } };

describe("the simulated Azure", () => {
  it("takes a disposable platform, and after its destroy keeps a vault's name, and nothing else", async () => {
    const { provider, left } = await cloud();
    const { stack, made } = await rehearse("disposable", provider, everything);
    expect(made.length).toBeGreaterThan(40);
    await destroy(made, stack.resources, provider);
    expect(left().map((one) => one.split(" ")[0])).toEqual(["azure-native:keyvault:Vault"]);
  }, 60_000);

  it("takes a production platform, and lets nobody delete what is locked", async () => {
    const { provider } = await cloud();
    const { made } = await rehearse("production", provider, everything);
    for (const name of ["platform-postgres", "platform-aks", "platform-group"]) {
      const one = made.find(
        (other) => other.name === name && /:(Server|ManagedCluster|ResourceGroup)$/.test(other.type),
      );
      if (!one) throw new Error(`no ${name}`);
      const { type, id, inputs, outputs } = one;
      const asked = provider.delete({ urn: urnOf(type, name), type, name, id, inputs, outputs, timeout: 0 });
      await expect(asked).rejects.toThrow(/ScopeLocked/);
    }
  }, 60_000);
});
