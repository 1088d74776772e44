import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { mend as mendCommand, type Settled, settle } from "../../../ops/mend/index.ts";
import type { StackContext } from "../../../ops/pulumi/cli.ts";
import { clearDeadLock } from "../../../ops/pulumi/locks.ts";
import type { CloudName } from "../../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../../sandbox/clouds/core/faults.ts";
import { cloudContents, cloudStrikes } from "../../../sandbox/clouds/index.ts";
import { type Engine, startEngine } from "../../../sandbox/engine/index.ts";
import { ensureTools } from "../../../sandbox/toolchain/index.ts";
import { interrupted, readState, shortName } from "../../../stacks/exportedState.ts";
import { serveClusterStub } from "../../engine/support/clusterStub.ts";
import { TestStack, unattended } from "../../engine/support/stack.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The platform that the tests of a provider declare, and what one tenant has of it. */
const program =
  (cloud: CloudName, platform: string, keeps: boolean, plugin: string = cloud) =>
  (size: "medium" | "large") =>
    `
import { interruption } from "${root}stacks/pendingCreations.ts";
const interrupted = await interruption("${plugin}", "organization/test/dev");
if (interrupted) throw new pulumi.RunError(interrupted);
import { ${platform} } from "${root}providers/${cloud}/platform.ts";
import { needs, request, settings, tenantRequest } from "${root}tests/unit/${cloud}-fixtures.ts";
const wanted = { ...needs, sharedVolume: { sizeGi: 10 } };
const platform = new ${platform}("platform", { ...request("disposable", { needs: wanted, tenants: ["acme"], size: "${size}" }), settings });
const parent = new pulumi.ComponentResource("test:Tenant", "acme");
platform.tenantServices({ ...tenantRequest("acme", "disposable", parent), needs: wanted });
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

let folder = "";
let engine: Engine;
let stub: Awaited<ReturnType<typeof serveClusterStub>>;
let stack: TestStack;
/** The command that waits for the cloud: a test that takes too long leaves it behind. */
let running: { kill(signal: "SIGKILL"): boolean } | undefined;

const faultFile = () => join(folder, "faults.json");
/** Types of the requests that the cloud was silent to, so far. */
const silences = (cloud: CloudName): string[] =>
  cloudStrikes(folder, cloud).flatMap(({ fault, type }) => (fault.startsWith("silence") ? [type] : []));

async function start(cloud: CloudName): Promise<void> {
  // Nothing stands behind the cloud, wherever these run.
  vi.stubEnv("KUBECONFIG", undefined);
  engine = await startEngine({ inside: [], clouds: [cloud], cloudState: folder, cloudFaults: faultFile() });
  stub.attach(engine);
}

/** A program's environment is that of the language host, which has the stack's backend from here. */
async function restart(cloud: CloudName): Promise<void> {
  await engine.close();
  vi.stubEnv("PULUMI_BACKEND_URL", environment().PULUMI_BACKEND_URL);
  await start(cloud);
}

/** The stack with the engine of now: each start has other ports. */
function environment(): Record<string, string> {
  return {
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${join(stack.folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: stack.passphrase,
  };
}

const run = (...args: string[]) => stack.pulumi(args, environment());

function context(): StackContext {
  const inherited = Object.entries(process.env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return {
    project: stack.folder,
    folder: stack.folder,
    stack: stack.name,
    configFile: join(stack.folder, `Pulumi.${stack.name}.yaml`),
    env: { ...Object.fromEntries(inherited), ...environment() },
    logs: folder,
    events: folder,
  };
}

/** Half seconds without a change of anything, from which on whoever waits for a silent cloud does nothing else. */
const quietAfter = 6;

/**
 * A command, killed once the cloud keeps silent to a request of it and nothing else goes on; answers whether it came to
 * its end before. One to which the cloud is not silent takes as long as it takes.
 */
async function untilSilence(cloud: CloudName, command: "up" | "destroy"): Promise<boolean> {
  const before = silences(cloud).length;
  const started = execa("pulumi", [command, ...unattended], {
    cwd: stack.folder,
    env: environment(),
    all: true,
    reject: false,
    stdin: "ignore",
  });
  running = started;
  let ended = false;
  void started.then(() => {
    ended = true;
  });
  let last = "";
  let quiet = 0;
  while (!ended && quiet < quietAfter) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const struck = silences(cloud).length;
    const now = JSON.stringify([struck, cloudContents(folder, cloud).living.length]);
    quiet = struck > before && now === last ? quiet + 1 : 0;
    last = now;
  }
  if (!ended) started.kill("SIGKILL");
  const done = await started;
  running = undefined;
  if (done.exitCode === 0) return true;
  if (done.exitCode !== undefined) throw new Error(done.all);
  return false;
}

/** The lock that a killed engine left. */
const unlock = () => clearDeadLock(context(), join(stack.folder, "state"), () => undefined);

/** Settles as a user would who looks up what only the cloud can say. */
async function mend(cloud: CloudName): Promise<readonly Settled[]> {
  const settled = await settle(context());
  const open = settled.filter(({ outcome }) => outcome === "yours to say");
  if (open.length === 0) return settled;
  const { living } = cloudContents(folder, cloud);
  const ids = open.map(({ resource }) => {
    const id = living.find(({ urn }) => urn === resource.urn)?.id ?? "none";
    return [shortName(resource), id] as const;
  });
  return [...settled, ...(await settle(context(), Object.fromEntries(ids)))];
}

/** Creations that the state still notes as interrupted. Updates and deletions stay noted until they are repeated. */
async function pending(): Promise<string[]> {
  return interrupted(readState(await stack.state())).map(shortName);
}

/**
 * An `up` before anything was settled: it says so, asks for nothing again, and forgets nothing. Then the command that it
 * names, as `make mend` runs it, which has a word for each.
 */
async function refusesUntilMended(cloud: CloudName): Promise<void> {
  const begun = await pending();
  const { length } = cloudContents(folder, cloud).living;
  expect(begun).not.toEqual([]);
  await expect(untilSilence(cloud, "up")).rejects.toThrow("`make mend STACK=dev`");
  expect(await pending()).toEqual(begun);
  expect(cloudContents(folder, cloud).living).toHaveLength(length);
  for (const [key, value] of Object.entries(environment())) vi.stubEnv(key, value);
  const told = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const ended = await mendCommand(stack.folder, stack.name, {});
    const words = told.mock.calls.map(([line]) => String(line)).join("");
    for (const name of begun)
      expect(words).toMatch(new RegExp(`(taken over|not there|made again|yours to say|open) +${name}`));
    expect(ended, words).toBe(words.includes("yours to say") ? 1 : 0);
    expect(words).toContain(ended === 0 ? "pulumi up --stack dev" : "Nothing was changed yet.");
  } finally {
    told.mockRestore();
    vi.unstubAllEnvs();
  }
}

/**
 * The engine is killed while it waits for a cloud, at every type of resource that a drill stack makes: `make mend` and
 * the next `pulumi up` put all of it right. The whole platform of the cloud, simulated; no pods, and a cluster that takes
 * everything for done. These need no run of `make conformance`: the engine's tests run them in CI.
 */
export function interruptedRules(cloud: CloudName): void {
  const { provider, text, least } = clouds[cloud];
  beforeAll(() => ensureTools(["pulumi", "helm3"]));
  const begin = async (faults: FaultPlan) => {
    await writeFile(faultFile(), JSON.stringify(faults));
    await start(cloud);
    stack = await TestStack.create(engine);
    await stack.program(text("medium"));
  };
  /** Runs a command again and again, until the cloud kept silent once at each type. */
  const through = async (
    command: "up" | "destroy",
    seen: (one: Settled) => void = () => undefined,
    atFirst: () => Promise<void> = async () => undefined,
  ) => {
    let kills = 0;
    for (; !(await untilSilence(cloud, command)); kills++) {
      await restart(cloud);
      await unlock();
      if (kills === 0) await atFirst();
      for (const one of await mend(cloud)) seen(one);
      expect(await pending()).toEqual([]);
    }
    return kills;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "portolan-interrupted-"));
    stub = await serveClusterStub();
  });
  afterEach(async () => {
    running?.kill("SIGKILL");
    running = undefined;
    vi.unstubAllEnvs();
    await engine.close();
    stub.close();
    await stack.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("is whole after the engine was killed while it made one of each type", {
    timeout: 1_500_000,
  }, async () => {
    await begin([{ type: `${provider}:*`, operation: "create", fault: "silence", each: "type" }]);
    const asked: string[] = [];
    const ask = ({ outcome, resource }: Settled) => {
      if (outcome === "yours to say") asked.push(resource.type);
    };
    const kills = await through("up", ask, () => refusesUntilMended(cloud));
    const { living, duplicates } = cloudContents(folder, cloud);
    const made = new Set(living.flatMap(({ urn, type }) => (urn === "" ? [] : [type])));
    const hit = new Set(silences(cloud));
    expect(kills).toBeGreaterThan(0);
    expect(made.size).toBeGreaterThanOrEqual(least);
    expect([...made].filter((type) => !hit.has(type))).toEqual([]);
    // Only a value that was put twice: one more version of its secret, which goes with it.
    expect(duplicates.filter(({ urn }) => !/:SecretVersion::/.test(urn))).toEqual([]);
    expect([...new Set(asked)]).toEqual(cloud === "aws" ? ["aws:efs/mountTarget:MountTarget"] : []);
    const again = await run("up", ...unattended, "--expect-no-changes");
    expect(again.code, again.text).toBe(0);
    const destroyed = await run("destroy", ...unattended);
    expect(destroyed.code, destroyed.text).toBe(0);
    expect(cloudContents(folder, cloud).living).toEqual([]);
  });

  it("goes on after a request that was never carried out, and after killed updates and deletions", {
    timeout: 1_500_000,
  }, async () => {
    const type = `${provider}:*`;
    await begin([
      { type, operation: "create", fault: "silenceBefore", after: 4 },
      { type, operation: "update", fault: "silence", each: "type" },
      { type, operation: "delete", fault: "silence", each: "type" },
    ]);
    const outcomes = new Set<string>();
    expect(await through("up", ({ outcome }) => outcomes.add(outcome))).toBe(1);
    expect([...outcomes].filter((outcome) => !["not there", "made again"].includes(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(0);
    await stack.program(text("large"));
    expect(await through("up")).toBeGreaterThan(0);
    const again = await run("up", ...unattended, "--expect-no-changes");
    expect(again.code, again.text).toBe(0);
    expect(await through("destroy")).toBeGreaterThan(0);
    expect(cloudContents(folder, cloud).living).toEqual([]);
    expect(cloudContents(folder, cloud).duplicates).toEqual([]);
  });
}
