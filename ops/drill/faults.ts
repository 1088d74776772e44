import { join } from "node:path";
import { expect } from "../checks.ts";
import { until } from "../kube.ts";
import { eventsSoFar, failure, operate, operateOrThrow } from "../pulumi/cli.ts";
import { describeChanges } from "../pulumi/events.ts";
import { clearDeadLock } from "../pulumi/locks.ts";
import { type ConfigChange, changeConfig, restoreConfig } from "../pulumi/workspace.ts";
import { duration } from "../report/html.ts";
import { openClient } from "../smoke/context.ts";
import { smokeOf } from "../smoke/index.ts";
import { fingerprint, podsOf, readyPods } from "../smoke/pods.ts";
import type { Outcome, StepTools } from "../steps.ts";
import { type DrillState, outputsOf, smokeOfState, tenantOf } from "./state.ts";
import { type Storm, type StormResult, startStorm } from "./storm.ts";

/** Requests a second that each of the two tenants gets while something is done to it. */
const rate = 10;

async function intactEverywhere(state: DrillState): Promise<void> {
  const context = smokeOfState(state);
  for (const slug of state.slugs) {
    await until(`${slug}'s data to be back`, () =>
      smokeOf(context.app).intact(context, slug, state.inside.run.testImages),
    );
  }
}

/** Kills the database's pod and one of the application's, at once and without grace. */
export async function killPods(state: DrillState, tools: StepTools): Promise<Outcome> {
  const { kube } = state.inside;
  const slug = state.slugs[0] ?? "";
  const tenant = tenantOf(state, slug);
  const kill = (namespace: string, name: string) =>
    kube.kubectl(["-n", namespace, "delete", "pod", name, "--force", "--grace-period=0"]);
  const [service = "", namespace = ""] = (tenant.database?.host ?? "").split(".");
  const { spec } = await kube.core.readNamespacedService({ name: service, namespace });
  const labelSelector = Object.entries(spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const pods = await kube.core.listNamespacedPod({ namespace, labelSelector });
  const database = pods.items[0]?.metadata;
  const app = await podsOf(kube, tenant);
  const [victim] = app;
  expect(database?.name !== undefined, `no database pod behind ${tenant.database?.host}`);
  expect(victim !== undefined, `no application pod of ${slug}`);
  const start = performance.now();
  tools.report(`killing ${database.name} and ${victim.name}`);
  await Promise.all([kill(namespace, database.name), kill(tenant.namespace, victim.name)]);
  await until("a new database pod to be ready", async () => {
    const now = await kube.core.listNamespacedPod({ namespace, labelSelector });
    const fresh = now.items.find((pod) => pod.metadata?.uid !== database.uid);
    return fresh?.status?.containerStatuses?.every((status) => status.ready) ? true : undefined;
  });
  const back = await readyPods(kube, tenant, app.length);
  expect(!back.some((pod) => pod.uid === victim.uid), "the killed pod is still there");
  await intactEverywhere(state);
  return { detail: `recovered with data intact in ${duration(performance.now() - start)}` };
}

/** Starts constant requests to each of the first tenants; `stop` answers the sum. */
async function startStorms(state: DrillState): Promise<{ stop(): Promise<StormResult> }> {
  const context = smokeOfState(state);
  const storms: Storm[] = [];
  for (const slug of state.slugs) {
    const client = await openClient(context, slug);
    storms.push(startStorm(() => smokeOf(context.app).steady(context, client), rate));
  }
  return {
    async stop() {
      const results = await Promise.all(storms.map((storm) => storm.stop()));
      return {
        sent: results.reduce((sum, result) => sum + result.sent, 0),
        failed: results.reduce((sum, result) => sum + result.failed, 0),
        reasons: results.flatMap((result) => result.reasons),
        slowest: Math.max(...results.map((result) => result.slowest)),
        p99: Math.max(...results.map((result) => result.p99)),
        rate: results.reduce((sum, result) => sum + result.rate, 0),
      };
    },
  };
}

/** A change that makes new pods of the first tenants and nothing else. */
function rollout(slugs: readonly string[], mark: string): ConfigChange[] {
  return slugs.map((slug) => ({
    key: "portolan:tenants",
    path: [slug, "values", "podAnnotations", "portolan.dev/drill"],
    value: mark,
  }));
}

function describeStorm(result: StormResult): string {
  return (
    `${result.sent} requests at ${result.rate.toFixed(0)}/s, ${result.failed} failed, ` +
    `99 % within ${duration(result.p99)}, slowest ${duration(result.slowest)}`
  );
}

/** New pods of the first tenants under constant requests: none may fail. */
export async function upgradeUnderLoad(state: DrillState, tools: StepTools): Promise<Outcome> {
  const { context, workspace, kube } = state.inside;
  const before = await Promise.all(
    state.slugs.map((slug) => fingerprint(kube, tenantOf(state, slug).namespace)),
  );
  changeConfig(workspace, rollout(state.slugs, "upgraded"));
  const storm = await startStorms(state);
  tools.report(`pulumi up under ${rate * state.slugs.length} requests a second`);
  let result: StormResult;
  let said: string;
  try {
    said = describeChanges((await operateOrThrow(context, "up", { label: "up-upgrade" })).operation);
    // The old pods go on stopping after the release is done.
    await new Promise((resolve) => setTimeout(resolve, 8000));
  } finally {
    result = await storm.stop();
  }
  state.outputs = await state.inside.outputs();
  const after = await Promise.all(
    state.slugs.map((slug) => fingerprint(kube, tenantOf(state, slug).namespace)),
  );
  expect(!before.some((pods, index) => pods.join() === after[index]?.join()), "the upgrade made no new pods");
  expect(result.failed === 0, `${describeStorm(result)}: ${result.reasons.slice(0, 4).join("; ")}`);
  await intactEverywhere(state);
  return { detail: `${said}; ${describeStorm(result)}` };
}

/** A release that cannot start: the old one goes on serving, `up` says no, and the next good `up` mends. */
export async function badRelease(state: DrillState, tools: StepTools): Promise<Outcome> {
  const { context, workspace, run } = state.inside;
  const slug = state.slugs[0] ?? "";
  const bad: ConfigChange =
    run.app === "probe"
      ? { key: "portolan:tenants", path: [slug, "values", "migrate", "fail"], value: true }
      : { key: "portolan:tenants", path: [slug, "values", "image", "tag"], value: "no-such-tag" };
  const revision = tenantOf(state, slug).release?.revision ?? 0;
  const before = changeConfig(workspace, [bad]);
  const storm = await startStorms(state);
  tools.report(
    `pulumi up with ${run.app === "probe" ? "a migration that fails" : "an image that is not there"}`,
  );
  let result: StormResult;
  let failed: Awaited<ReturnType<typeof operate>>;
  try {
    failed = await operate(context, "up", { label: "up-bad" });
  } finally {
    result = await storm.stop();
    restoreConfig(workspace, before);
  }
  expect(
    !failed.ok && failed.exitCode !== null && failed.exitCode !== 0,
    "the bad up ended as if all were well",
  );
  expect(
    result.failed === 0,
    `while it failed: ${describeStorm(result)}: ${result.reasons.slice(0, 4).join("; ")}`,
  );
  tools.report("pulumi up as it was");
  const mended = await operateOrThrow(context, "up", { label: "up-mended" });
  state.outputs = await state.inside.outputs();
  const now = tenantOf(state, slug).release?.revision ?? 0;
  expect(now >= revision, `the release went back to revision ${now}, it was ${revision}`);
  await intactEverywhere(state);
  return {
    detail: `up ended with ${failed.exitCode} (${failure(failed).slice(0, 140)}); ${describeStorm(result)}; mended: ${describeChanges(mended.operation)}`,
  };
}

/** The engine is killed in the middle of an upgrade; the next `up` finishes it. */
export async function interruptedUp(state: DrillState, tools: StepTools): Promise<Outcome> {
  const { context, workspace, run } = state.inside;
  changeConfig(workspace, rollout(state.slugs, "interrupted"));
  const kill = new AbortController();
  const label = "up-killed";
  const running = operate(context, "up", { label, signal: kill.signal });
  await until("the upgrade to be under way", async () => {
    const log = eventsSoFar(context, label);
    return log.includes('"op":"update"') && log.includes("helm.sh/v3:Release") ? true : undefined;
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  tools.report("killing the engine");
  kill.abort();
  const killed = await running;
  expect(!killed.ok, "the up had ended before it could be killed");
  const lifted = await clearDeadLock(context, join(run.work, "state"), tools.report);
  tools.report("pulumi up again");
  const next = await operateOrThrow(context, "up", { label: "up-after-kill" });
  const last = await operateOrThrow(context, "up", { label: "up-after-kill-again" });
  state.outputs = await state.inside.outputs();
  const unchanged = last.operation.changed.length === 0;
  expect(unchanged, `a further up still finds changes: ${last.operation.changed.slice(0, 4).join("; ")}`);
  const marks = await Promise.all(
    outputsOf(state).tenants.map(
      async (tenant) => (await readyPods(state.inside.kube, tenant, await wanted(state, tenant.slug))).length,
    ),
  );
  await intactEverywhere(state);
  const said = next.operation.warnings.find((warning) => warning.includes("earlier run"));
  return {
    detail: `${describeChanges(next.operation)}${lifted ? "; its lock was lifted" : ""}${said === undefined ? "" : `; ${said}`}; ${marks.length} tenants serve`,
  };
}

async function wanted(state: DrillState, slug: string): Promise<number> {
  const { namespace } = tenantOf(state, slug);
  const { items } = await state.inside.kube.apps.listNamespacedDeployment({ namespace });
  return items.reduce((sum, item) => sum + (item.spec?.replicas ?? 0), 0);
}
