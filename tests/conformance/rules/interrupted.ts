import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, it } from "vitest";
import type { Settled } from "../../../ops/mend/index.ts";
import type { Lifecycle } from "../../../providers/platform.ts";
import type { CloudName } from "../../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../../sandbox/clouds/core/faults.ts";
import { ensureTools } from "../../../sandbox/toolchain/index.ts";
import { unattended } from "../../engine/support/stack.ts";
import { SilentCloud } from "../silentCloud.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The platform that the tests of a provider declare, and what one tenant has of it. */
const program =
  (cloud: CloudName, platform: string, keeps: boolean, plugin: string = cloud) =>
  (size: "medium" | "large", lifecycle: Lifecycle) =>
    `
import { interruption } from "${root}stacks/pendingCreations.ts";
const interrupted = await interruption("${plugin}", "organization/test/dev");
if (interrupted) throw new pulumi.RunError(interrupted);
import { ${platform} } from "${root}providers/${cloud}/platform.ts";
import { keyRequest, needs, request, settings, tenantRequest } from "${root}tests/unit/${cloud}-fixtures.ts";
const wanted = { ...needs, sharedVolume: { sizeGi: 10 } };
const platform = new ${platform}("platform", { ...request("${lifecycle}", { needs: wanted, tenants: ["acme"], size: "${size}", externalSecrets: true }), settings });
const parent = new pulumi.ComponentResource("test:Tenant", "acme");
platform.tenantServices(tenantRequest("acme", "${lifecycle}", parent, { needs: wanted, keys: keyRequest }));
if (${keeps}) platform.escrow.keep({ name: "portolan/drill/acme/APP_KEY", fresh: pulumi.secret("fresh"), protect: false, parent });
`;

const clouds = {
  aws: { provider: "aws", text: program("aws", "AwsPlatform", true), least: 40 },
  azure: {
    provider: "azure-native",
    text: program("azure", "AzurePlatform", false, "azure-native"),
    least: 20,
  },
  gcp: { provider: "gcp", text: program("gcp", "GcpPlatform", true), least: 15 },
} satisfies Record<CloudName, object>;

/** What has neither a name that was chosen nor tags that are asked for. */
const onlyTheUserKnows: Readonly<Record<CloudName, readonly string[]>> = {
  aws: ["aws:efs/mountTarget:MountTarget", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"],
  azure: [],
  gcp: [],
};

/**
 * An `up` before anything was settled: it says so, asks for nothing again, and forgets nothing. Then the command that it
 * names, as `make mend` runs it, which has a word for each.
 */
async function refusesUntilMended(cloud: SilentCloud): Promise<void> {
  const begun = await cloud.pending();
  const { length } = cloud.contents().living;
  expect(begun).not.toEqual([]);
  await expect(cloud.untilSilence("up")).rejects.toThrow("`make mend STACK=dev`");
  expect(await cloud.pending()).toEqual(begun);
  expect(cloud.contents().living).toHaveLength(length);
  const { code, words } = await cloud.mendCommand();
  for (const name of begun)
    expect(words).toMatch(new RegExp(`(taken over|not there|made again|yours to say|open) +${name}`));
  expect(code, words).toBe(words.includes("yours to say") ? 1 : 0);
  expect(words).toContain(code === 0 ? "pulumi up --stack dev" : "Nothing was changed yet.");
}

/** Runs a command again and again, until the cloud kept silent once at each type; answers how often it was killed. */
async function through(
  cloud: SilentCloud,
  command: "up" | "destroy",
  seen: (one: Settled) => void = () => undefined,
  atFirst: () => Promise<void> = async () => undefined,
): Promise<number> {
  let kills = 0;
  for (; !(await cloud.untilSilence(command)); kills++) {
    await cloud.restart();
    if (kills === 0) await atFirst();
    for (const one of await cloud.mend()) seen(one);
    expect(await cloud.pending()).toEqual([]);
  }
  return kills;
}

/**
 * The engine is killed while it waits for a cloud, at every type of resource that a stack makes (production has them all): `make mend` and
 * the next `pulumi up` put all of it right. The whole platform of the cloud, simulated. These need no run of
 * `make conformance`: the engine's tests run them in CI.
 */
export function interruptedRules(name: CloudName): void {
  const { provider, text, least } = clouds[name];
  let cloud: SilentCloud;
  const open = async (lifecycle: Lifecycle, faults: FaultPlan) => {
    cloud = await SilentCloud.open(name, faults);
    await cloud.stack.program(text("medium", lifecycle));
  };
  const unchanged = async () => {
    const again = await cloud.run("up", ...unattended, "--expect-no-changes");
    expect(again.code, again.text).toBe(0);
  };
  beforeAll(() => ensureTools(["pulumi", "helm3"]));
  afterEach(() => cloud.close());

  it("is whole after the engine was killed while it made one of each type", {
    timeout: 1_500_000,
  }, async () => {
    await open("production", [
      { type: `${provider}:*`, operation: "create", fault: "silence", each: "type" },
    ]);
    const asked: string[] = [];
    const ask = ({ outcome, resource }: Settled) => {
      if (outcome === "yours to say") asked.push(resource.type);
    };
    const kills = await through(cloud, "up", ask, () => refusesUntilMended(cloud));
    const { living, duplicates } = cloud.contents();
    const made = new Set(living.flatMap(({ urn, type }) => (urn === "" ? [] : [type])));
    const hit = new Set(cloud.silences());
    expect(kills).toBeGreaterThan(0);
    expect(made.size).toBeGreaterThanOrEqual(least);
    expect([...made].filter((type) => !hit.has(type))).toEqual([]);
    // Only a value that was put twice: one more version of its secret, which goes with it.
    expect(duplicates.filter(({ urn }) => !/:SecretVersion::/.test(urn))).toEqual([]);
    expect([...new Set(asked)].toSorted()).toEqual(onlyTheUserKnows[name]);
    await unchanged();
    await cloud.stack.program(text("medium", "disposable"));
    const changed = await cloud.run("up", ...unattended);
    expect(changed.code, changed.text).toBe(0);
    const destroyed = await cloud.run("destroy", ...unattended);
    expect(destroyed.code, destroyed.text).toBe(0);
    expect(cloud.contents().living).toEqual([]);
  });

  it("goes on after a request that was never carried out, and after killed updates and deletions", {
    timeout: 1_500_000,
  }, async () => {
    const type = `${provider}:*`;
    await open("disposable", [
      { type, operation: "create", fault: "silenceBefore", after: 4 },
      { type, operation: "update", fault: "silence", each: "type" },
      { type, operation: "delete", fault: "silence", each: "type" },
    ]);
    const outcomes = new Set<string>();
    expect(await through(cloud, "up", ({ outcome }) => outcomes.add(outcome))).toBe(1);
    expect([...outcomes].filter((outcome) => !["not there", "made again"].includes(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(0);
    await cloud.stack.program(text("large", "disposable"));
    expect(await through(cloud, "up")).toBeGreaterThan(0);
    await unchanged();
    expect(await through(cloud, "destroy")).toBeGreaterThan(0);
    expect(cloud.contents().living).toEqual([]);
    expect(cloud.contents().duplicates).toEqual([]);
  });
}
