/**
 * The whole platform against the simulated AWS, without an engine and with nothing behind it: whether it takes every
 * resource in the order the program gives, and lets go of all of them in the opposite order.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsPlatform } from "../../providers/aws/platform.ts";
import type { AwsSettings } from "../../providers/aws/settings.ts";
import type { Lifecycle, Needs } from "../../providers/platform.ts";
import { nothing } from "../../sandbox/clouds/core/backend.ts";
import { cloudProvider } from "../../sandbox/clouds/core/provider.ts";
import { openCloud } from "../../sandbox/clouds/index.ts";
import type { Log, Provider } from "../../sandbox/engine/rpc/provider.ts";
import { type Bag, isBag, reveal, type Value } from "../../sandbox/engine/rpc/values.ts";
import { needs, request, settings, simulate, tenantRequest } from "./aws-fixtures.ts";
import { type Recorded, remock, run } from "./harness.ts";

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
  folder = mkdtempSync(join(tmpdir(), "aws-rehearsal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function cloud(): Promise<{ provider: Provider; left: () => string[] }> {
  const shared = await openCloud(
    "aws",
    { PORTOLAN_CLOUD_STATE: folder, PORTOLAN_CLOUD_PATIENCE: "20000" },
    nothing(),
  );
  const provider = cloudProvider("7.48.0", shared, silent);
  await provider.configure({ region: "us-east-1" });
  return { provider, left: () => shared.store.all().map(({ type, id }) => `${type} ${id}`) };
}

const urnOf = (type: string, name: string) => `urn:pulumi:us-prod::portolan::${type}::${name}`;

/** Declares the platform with two tenants; each resource of AWS is made by the simulated cloud. */
async function rehearse(
  lifecycle: Lifecycle,
  provider: Provider,
  wanted: Needs,
  over: Partial<AwsSettings> = {},
) {
  const made: Made[] = [];
  const refused: string[] = [];
  const stack = await run(
    () => {
      simulate();
      remock((plain) => ({
        newResource: async (args) => {
          const { type, name } = args;
          if (!type.startsWith("aws:")) return plain.newResource(args);
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
      }));
      const asked = request(lifecycle, { needs: wanted });
      const platform = new AwsPlatform("platform", { ...asked, settings: { ...settings, ...over } });
      for (const slug of asked.tenants) {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        platform.tenantServices({ ...tenantRequest(slug, lifecycle, parent), needs: wanted });
      }
    },
    { stack: "us-prod" },
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

describe("the simulated AWS", () => {
  it("takes a disposable platform, and after its destroy holds a key that waits for its end, and nothing else", async () => {
    const { provider, left } = await cloud();
    const { stack, made } = await rehearse("disposable", provider, everything);
    expect(made.length).toBeGreaterThan(80);
    await destroy(made, stack.resources, provider);
    expect(left().map((one) => one.split(" ")[0])).toEqual(["aws:kms/key:Key"]);
  }, 60_000);

  it("takes a production platform, and refuses to delete what holds its data", async () => {
    const { provider } = await cloud();
    const { made } = await rehearse("production", provider, everything);
    for (const name of ["platform-postgres", "platform-eks"]) {
      const one = made.find((other) => other.name === name && /Instance|Cluster/.test(other.type));
      if (!one) throw new Error(`no ${name}`);
      const { type, id, inputs, outputs } = one;
      const asked = provider.delete({ urn: urnOf(type, name), type, name, id, inputs, outputs, timeout: 0 });
      await expect(asked).rejects.toThrow(/protect/);
    }
  }, 60_000);

  it("looks at a network that is there, stands in it, and leaves it as it was", async () => {
    const { provider, left } = await cloud();
    const vpc = await make(provider, "aws:ec2/vpc:Vpc", "mine", {
      cidrBlock: "10.9.0.0/16",
      enableDnsHostnames: true,
      enableDnsSupport: true,
    });
    const subnet = async (index: number) => {
      const availabilityZone = index % 2 === 0 ? "us-east-1a" : "us-east-1b";
      const inputs = { vpcId: vpc.id, cidrBlock: `10.9.${index}.0/24`, availabilityZone };
      return (await make(provider, "aws:ec2/subnet:Subnet", `mine-${index}`, inputs)).id;
    };
    const network = {
      kind: "existing" as const,
      vpcId: vpc.id,
      privateSubnetIds: [await subnet(0), await subnet(1)],
      publicSubnetIds: [await subnet(2), await subnet(3)],
    };
    const before = left().sort();
    const { stack, made } = await rehearse("disposable", provider, needs, { network });
    await destroy(made, stack.resources, provider);
    expect(
      left()
        .filter((one) => !one.startsWith("aws:kms/key:Key"))
        .sort(),
    ).toEqual(before);
  }, 60_000);
});
