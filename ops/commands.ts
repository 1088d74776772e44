import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cloudNames } from "../sandbox/clouds/core/backend.ts";
import { clusterStatus, leftovers, stopCluster } from "../sandbox/cluster/index.ts";
import { cacheDir } from "../sandbox/paths.ts";
import { toolNames } from "../sandbox/toolchain/index.ts";
import { type InsideResult, readResult } from "./drill/inside.ts";
import { reenter, runOf } from "./enter.ts";
import { sandboxStop } from "./hints.ts";
import { project } from "./inside.ts";
import { interrupted } from "./interrupt.ts";
import { isOwnCluster, newPrepared, type Prepared, prepareSteps, settlePackages } from "./prepare.ts";
import { type Rehearsal, readRehearsal } from "./rehearsal.ts";
import type { Report, Step } from "./report/model.ts";
import { renderReport } from "./report/page.ts";
import { renderSummary, type Whereabouts } from "./report/summary.ts";
import type { Run } from "./run.ts";
import type { Settings } from "./settings.ts";
import { isAsked, runSteps, type StepSpec } from "./steps.ts";
import { versions } from "./versions.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

/** A new folder `evidence/<time>` in the repository. */
function evidenceFolder(now = new Date()): string {
  const folder = join(project, "evidence", now.toISOString().slice(0, 19).replaceAll(":", "-"));
  mkdirSync(folder, { recursive: true });
  return folder;
}

function announce(settings: Settings, what: string): void {
  const where = isOwnCluster(settings)
    ? `the cluster of context ${settings.CONTEXT}`
    : "a sandbox cluster on this machine, in a network namespace of its own (the cloud is simulated, the cluster is real)";
  say(`Portolan ${what}: ${settings.APP} on ${where}.`);
}

/** `make rehearse`: a drill of any stack file whose cloud the sandbox simulates. Resolves to the exit code. */
export async function rehearse(settings: Settings): Promise<number> {
  const rehearsal = readRehearsal(project, settings.STACK);
  const app = appOf(rehearsal);
  say(`Stack ${rehearsal.stack}, ${rehearsal.lifecycle}. ${cloudsAreSimulated(rehearsal)}`);
  return drill({ ...settings, APP: app, CONTEXT: undefined }, rehearsal);
}

function appOf({ stack, app }: Rehearsal): Settings["APP"] {
  if (app === "orthanc" || app === "probe") return app;
  throw new Error(`STACK=${stack}: its application is ${app}; the sandbox has images of orthanc and probe`);
}

function cloudsAreSimulated({ cloud }: Rehearsal): string {
  return `THE CLOUD (${cloud}) IS SIMULATED: docs/sandbox.md says what is real.`;
}

/** `make drill`: resolves to the exit code. */
export async function drill(settings: Settings, rehearsal: Rehearsal | null = null): Promise<number> {
  const startedAt = new Date();
  const begin = performance.now();
  const evidence = evidenceFolder(startedAt);
  const work = join(cacheDir(), "drills", evidence.split("/").at(-1) ?? "drill");
  announce(settings, `${rehearsal ? "rehearsal" : "drill"}${settings.FULL ? ", with faults" : ""}`);
  say(`Tools and images are built once into ${cacheDir()}; evidence goes to ${evidence}.`);
  const steps: Step[] = [];
  const prepared = newPrepared();
  const record = (step: Step) => steps.push(step);
  await settlePackages(settings, say);
  let ok = await runSteps(prepareSteps(settings, prepared, { cloud: rehearsal?.cloud }), record);
  let inside: InsideResult | undefined;
  if (ok) {
    const run = await runOf("drill", settings, prepared, { work, evidence }, rehearsal);
    ok = (await reenter(run, prepared)) === 0;
    inside = readResult(evidence);
    steps.push(...(inside?.steps ?? [lostStep()]));
    ok &&= inside?.ok === true;
  }
  // A cluster that this drill did not start is somebody's; what failed is there to be looked into; who breaks off a
  // drill wants its cluster gone.
  const keep =
    settings.KEEP || prepared.wasRunning || isOwnCluster(settings) || (!ok && !interrupted() && isAsked());
  if (!keep) ok = (await runSteps([stopStep(settings.SANDBOX)], record)) && ok;
  const gone = ok || (interrupted() && !keep);
  if (gone && !settings.KEEP) rmSync(work, { recursive: true, force: true });
  const report: Report = {
    schema: 1,
    app: settings.APP,
    full: settings.FULL,
    ok,
    startedAt: startedAt.toISOString(),
    ms: performance.now() - begin,
    target: {
      context: prepared.cluster?.context ?? "",
      what: targetOf(settings, rehearsal),
      simulatedPods: prepared.cluster?.simulated ?? false,
    },
    versions: await versions(),
    steps,
    tenants: inside?.tenants ?? [],
    cluster: inside?.cluster ?? null,
    receipt: inside?.receipt ?? null,
  };
  const json = JSON.stringify(report, null, 2);
  writeFileSync(join(evidence, "report.json"), json);
  if (settings.REPORT_COPY !== undefined) writeFileSync(settings.REPORT_COPY, json);
  writeFileSync(join(evidence, "report.html"), renderReport(report));
  rmSync(join(evidence, "inside.json"), { force: true });
  process.stdout.write(
    renderSummary(report, {
      evidence,
      kept: await keptOf(settings, prepared),
      work: existsSync(work) ? work : undefined,
      interrupted: interrupted(),
    }),
  );
  return ok ? 0 : 1;
}

/** What of the cluster is there after a drill, and the command that removes it. */
async function keptOf(settings: Settings, prepared: Prepared): Promise<Whereabouts["kept"]> {
  if (isOwnCluster(settings)) return undefined;
  const { state } = await clusterStatus(settings.SANDBOX);
  if (state === "none" && prepared.cluster === undefined) return undefined;
  if (state === "none" && leftovers(settings.SANDBOX).length === 0) return undefined;
  return { removedBy: sandboxStop(settings.SANDBOX) };
}

function targetOf(settings: Settings, rehearsal: Rehearsal | null): string {
  if (rehearsal)
    return `stack ${rehearsal.stack} on a simulated cloud (${rehearsal.cloud}), with real servers`;
  return isOwnCluster(settings) ? `context ${settings.CONTEXT}` : "sandbox cluster on this machine, no cloud";
}

function lostStep(): Step {
  const detail = "the part of the drill inside the cluster's network ended without a word; see above";
  return { name: "Drill", status: "failed", ms: 0, detail, checks: [] };
}

function stopStep(name: string): StepSpec {
  return {
    name: "Stop the sandbox",
    always: true,
    run: async ({ report }) => {
      await stopCluster(name, report);
      const left = leftovers(name);
      if (left.length > 0) throw new Error(`left on this machine: ${left.join(", ")}`);
      return { detail: "no process, mount, namespace, interface or cgroup left" };
    },
  };
}

/** Where a stack that stays is worked on: one a cluster and kind of stack, or what a drill left. */
function workFolder(command: Run["command"], settings: Settings, kind: string): string {
  if (settings.STACK_FOLDER !== undefined && (command === "smoke" || command === "down")) {
    if (existsSync(join(settings.STACK_FOLDER, "state"))) return settings.STACK_FOLDER;
    throw new Error(
      `STACK_FOLDER=${settings.STACK_FOLDER}: no folder of a stack; give the one that the drill's summary names`,
    );
  }
  const cluster = settings.CONTEXT ?? settings.SANDBOX;
  return join(cacheDir(), "stacks", `${cluster.replaceAll(/[^A-Za-z0-9_.-]/g, "-")}-${kind}`);
}

/** What a command alone leaves: its exit code, its folder, and whether its cluster was there before it. */
export interface Staged {
  readonly code: number;
  readonly evidence: string;
  readonly wasRunning: boolean;
}

/** `make up`, `make smoke`, `make down`, the bench, and the rules of one kind of platform: each alone. */
export async function stage(
  command: "up" | "smoke" | "down" | "bench" | "conformance",
  settings: Settings,
  simulation: { readonly rehearsal?: Rehearsal; readonly simulated?: boolean } = {},
): Promise<Staged> {
  announce(settings, command);
  const prepared = newPrepared();
  const isRules = command === "conformance";
  const isCloud = isRules && cloudNames.some((cloud) => cloud === settings.TARGET);
  const rehearsal = isCloud
    ? readRehearsal(project, `drill-${settings.TARGET}`)
    : (simulation.rehearsal ?? null);
  if (rehearsal) say(cloudsAreSimulated(rehearsal));
  const what = command === "bench" ? command : settings.APP;
  const kind = isRules ? `${command}-${settings.TARGET}` : what;
  const work = workFolder(command, settings, kind);
  const evidence = join(work, "evidence");
  // The rules and the bench begin with nothing; the other stacks stay between commands.
  if (command === "conformance" || command === "bench") rmSync(work, { recursive: true, force: true });
  mkdirSync(evidence, { recursive: true });
  const { simulated } = simulation;
  const further = { cloud: rehearsal?.cloud, ...(simulated === undefined ? {} : { simulated }) };
  await settlePackages(settings, say, further);
  const ready = await runSteps(prepareSteps(settings, prepared, further), () => undefined);
  const { wasRunning } = prepared;
  if (!ready) return { code: 1, evidence, wasRunning };
  const run = await runOf(command, settings, prepared, { work, evidence }, rehearsal);
  return { code: await reenter(run, prepared), evidence, wasRunning };
}

/** Tools, packages and images, for the tests that need them. */
export async function prepareOnly(settings: Settings): Promise<number> {
  await settlePackages(settings, say);
  const prepared = newPrepared();
  // Every tool: a test that first has to build one would run out of its time.
  const steps = prepareSteps(settings, prepared, { tools: toolNames }).filter(
    (step) => step.name !== "Cluster",
  );
  return (await runSteps(steps, () => undefined)) ? 0 : 1;
}

/** `make clean`. */
export async function clean(settings: Settings): Promise<number> {
  await stopCluster(settings.SANDBOX, say);
  for (const folder of ["drills", "stacks"])
    rmSync(join(cacheDir(), folder), { recursive: true, force: true });
  rmSync(join(project, "evidence"), { recursive: true, force: true });
  if (settings.ALL) rmSync(cacheDir(), { recursive: true, force: true });
  say(
    settings.ALL ? `removed ${cacheDir()} and the evidence` : "removed the stacks' states and the evidence",
  );
  return 0;
}
