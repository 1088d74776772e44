import { cloudContents } from "../../sandbox/clouds/core/contents.ts";
import { expect } from "../checks.ts";
import { downOn, sandboxStop } from "../hints.ts";
import { storedIn } from "../holdsData.ts";
import { cloudFolder } from "../inside.ts";
import { failure, operate, operateOrThrow } from "../pulumi/cli.ts";
import { changeCount, describeChanges } from "../pulumi/events.ts";
import { changeConfig } from "../pulumi/workspace.ts";
import { collect } from "../report/collect.ts";
import { apiInventory, compare, hostInventory, type Inventory } from "../report/inventory.ts";
import { runSmoke } from "../smoke/index.ts";
import { fingerprint } from "../smoke/pods.ts";
import type { Outcome, StepSpec, StepTools } from "../steps.ts";
import { withoutCloud } from "./cloud.ts";
import { gatherHaystacks, readNeedles, redactor, scan, watchArguments } from "./secretScan.ts";
import { type DrillState, namespacesOf, outputsOf, smokeOfState, tenantOf } from "./state.ts";

/** The tenant that is added while the others run. */
export const third = "newcomer";

async function inventory(state: DrillState): Promise<Inventory> {
  const { kube, run } = state.inside;
  const host = await hostInventory(run.cluster.volumeFolders, run.cluster.netns !== null);
  return withoutCloud([...(await apiInventory(kube)), ...host], run.rehearsal?.cloud);
}

/** Notes what there is before anything is made. */
export async function noteBefore(state: DrillState): Promise<Outcome> {
  const { cluster } = state.inside.run;
  const standing = await stackNamespaces(state);
  expect(
    standing.length === 0,
    `a stack stands on this cluster already (${standing.join(", ")}): ` +
      (cluster.external
        ? "`make down` with the same CONTEXT destroys what `make up` made, and with STACK_FOLDER=<its folder> what a drill left"
        : `\`make down\` destroys what \`make up\` made, \`${sandboxStop(cluster.name)}\` removes the sandbox with everything in it`),
  );
  state.before = await inventory(state);
  state.watch = watchArguments();
  return { detail: `${state.before.length} objects` };
}

/** The first `up`. */
export async function bringUp(state: DrillState, tools: StepTools): Promise<Outcome> {
  tools.report("pulumi up");
  state.standing = true;
  const run = await operateOrThrow(state.inside.context, "up");
  state.outputs = await state.inside.outputs();
  state.smoke = await state.inside.smoke(state.outputs);
  const custom = run.operation.custom.length;
  return { detail: `${describeChanges(run.operation)} (${custom} custom resources)` };
}

/** The application's own checks. */
export async function smoke(state: DrillState, tools: StepTools): Promise<Outcome> {
  let done = 0;
  const checks = await runSmoke(smokeOfState(state), state.slugs, state.inside.run.testImages, (check) => {
    done += 1;
    tools.report(`${done}: ${check.name}`);
  });
  return { detail: `${checks.length} checks held`, checks };
}

/** A second `up` has nothing to do. */
export async function upAgain(state: DrillState): Promise<Outcome> {
  const run = await operateOrThrow(state.inside.context, "up", { label: "up-again" });
  const changed = run.operation.changed.slice(0, 5).join("; ");
  expect(changeCount(run.operation) === 0, `the second up changed something: ${changed}`);
  return { detail: describeChanges(run.operation) };
}

/** A tenant is added by config, and nothing of the others is touched. */
export async function addTenant(state: DrillState): Promise<Outcome> {
  const { kube, context, workspace } = state.inside;
  const before = await Promise.all(
    state.slugs.map((slug) => fingerprint(kube, tenantOf(state, slug).namespace)),
  );
  const hosts = [`${third}.${outputsOf(state).platform.edge.domain}`];
  changeConfig(workspace, [{ key: "portolan:tenants", path: [third], value: { hosts } }]);
  const run = await operateOrThrow(context, "up", { label: "up-third-tenant" });
  state.outputs = await state.inside.outputs();
  state.smoke = await state.inside.smoke(state.outputs);
  const after = await Promise.all(
    state.slugs.map((slug) => fingerprint(kube, tenantOf(state, slug).namespace)),
  );
  expect(
    JSON.stringify(before) === JSON.stringify(after),
    `pods of the first tenants changed: ${before.join(", ")} became ${after.join(", ")}`,
  );
  expect(
    outputsOf(state).tenants.some((tenant) => tenant.slug === third),
    "the outputs do not have it",
  );
  return {
    detail: `${describeChanges(run.operation)}; ${before.flat().length} pods of the others untouched`,
  };
}

/** No secret lies in clear anywhere. */
export async function scanSecrets(state: DrillState, tools: StepTools): Promise<Outcome> {
  const { kube, context } = state.inside;
  const namespaces = namespacesOf(state);
  tools.report("gathering state, outputs, Helm's records, objects, logs and process arguments");
  const haystacks = await gatherHaystacks(kube, context, namespaces, state.watch?.stop() ?? []);
  state.watch = undefined;
  return { detail: scan(await readNeedles(kube, namespaces), haystacks) };
}

/** Keeps what the cluster looks like now; after a failure too. */
export async function collectEvidence(state: DrillState): Promise<Outcome> {
  const { kube, run } = state.inside;
  const namespaces = state.outputs === undefined ? await stackNamespaces(state) : namespacesOf(state);
  const needles = await readNeedles(kube, namespaces);
  const edge = state.outputs?.platform.edge.namespace ?? "edge";
  state.cluster = await collect(kube, {
    namespaces: [edge, ...namespaces],
    archives: run.archives,
    redact: redactor(needles),
  });
  const { pods, events, logs } = state.cluster;
  return { detail: `${pods.length} pods, ${events.length} events, ${logs.length} logs` };
}

/** When `up` failed there are no outputs, but the namespaces carry the stack's label. */
async function stackNamespaces(state: DrillState): Promise<string[]> {
  const labelSelector = `portolan.dev/stack=${state.inside.context.stack}`;
  const { items } = await state.inside.kube.core.listNamespace({ labelSelector });
  return items.map((namespace) => namespace.metadata?.name ?? "");
}

/** A production stack keeps its data whatever is typed. */
export async function refuseDestroy(state: DrillState): Promise<Outcome> {
  const { context } = state.inside;
  const before = await dataOf(state);
  const run = await operate(context, "destroy", { label: "destroy-production" });
  expect(!run.ok, "pulumi destroy of a production stack went through");
  const after = new Set(await dataOf(state));
  const lost = before.filter((thing) => !after.has(thing));
  expect(
    lost.length === 0,
    `pulumi destroy of a production stack removed what holds tenants' keys or data: ${lost.slice(0, 6).join("; ")}`,
  );
  return {
    detail: `refused; all ${before.length} namespaces, claims and stores that hold keys or data are there`,
  };
}

/** The stack's namespaces, which hold tenants' keys, the claims in them, and what the simulated cloud stores. */
async function dataOf(state: DrillState): Promise<string[]> {
  const { kube, run } = state.inside;
  const namespaces = await stackNamespaces(state);
  const claims = namespaces.map(async (namespace) => {
    const { items } = await kube.core.listNamespacedPersistentVolumeClaim({ namespace });
    return items.map(({ metadata }) => `claim ${namespace}/${metadata?.name} ${metadata?.uid}`);
  });
  const stored = run.rehearsal === null ? [] : storedIn(cloudContents(cloudFolder(run), run.rehearsal.cloud));
  return [...namespaces, ...(await Promise.all(claims)).flat(), ...stored];
}

/** The deliberate step of a person who wants it gone: the `up` that says disposable also takes every protection off. */
export async function dispose(state: DrillState): Promise<Outcome> {
  const { context, workspace } = state.inside;
  changeConfig(workspace, [{ key: "portolan:platform", path: ["lifecycle"], value: "disposable" }]);
  const run = await operateOrThrow(context, "up", { label: "up-disposable" });
  return { detail: describeChanges(run.operation) };
}

/** `pulumi destroy`, plain. */
export async function destroy(state: DrillState): Promise<Outcome> {
  // Asked now: what stays of a stack is another thing once it was made disposable, and is told by nobody afterwards.
  state.retained = (await state.inside.outputs()).platform.retained;
  const run = await operate(state.inside.context, "destroy");
  expect(run.ok, `pulumi destroy failed (${failure(run)}); log: ${run.logFile}`);
  state.standing = false;
  return { detail: describeChanges(run.operation) };
}

/** Compares with how it was before. */
export async function takeReceipt(state: DrillState): Promise<Outcome> {
  // Volumes are reclaimed after their claims are gone: a moment is not a leftover.
  let receipt = compare(state.before, await inventory(state));
  for (let turn = 0; turn < 30 && receipt.left.length > 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    receipt = compare(state.before, await inventory(state));
  }
  state.receipt = { ...receipt, retained: state.retained, kept: state.kept };
  expect(
    receipt.left.length === 0,
    `${receipt.left.length} left behind: ${receipt.left.slice(0, 6).join("; ")}`,
  );
  expect(
    receipt.missing.length === 0,
    `gone though not the drill's: ${receipt.missing.slice(0, 6).join("; ")}`,
  );
  return { detail: `${receipt.before} objects before, ${receipt.after} after, nothing left` };
}

/** What a person types to look into a failure. */
export function hintsOf(state: DrillState): StepSpec["hints"] {
  const { kube, run, context } = state.inside;
  const removal = run.cluster.external
    ? downOn(run.app, run.cluster, run.work)
    : `${sandboxStop(run.cluster.name)}   # removes the cluster and everything in it`;
  return () => [`${kube.commandLine(["get", "pods,jobs,events", "-A"])}`, `less ${context.logs}`, removal];
}
