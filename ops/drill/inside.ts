import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openInside } from "../inside.ts";
import type { ClusterEvidence, Receipt, Step, TenantFact } from "../report/model.ts";
import type { Run } from "../run.ts";
import { runSteps, type StepSpec } from "../steps.ts";
import {
  addTenant,
  bringUp,
  collectEvidence,
  destroy,
  dispose,
  hintsOf,
  noteBefore,
  refuseDestroy,
  scanSecrets,
  smoke,
  takeReceipt,
  upAgain,
} from "./basics.ts";
import { emptyCloud } from "./cloud.ts";
import { badRelease, interruptedUp, killPods, upgradeUnderLoad } from "./faults.ts";
import { type DrillState, newState, outputsOf } from "./state.ts";

/** What the inner process found, written beside the run so that the outer one can go on with it. */
export interface InsideResult {
  readonly ok: boolean;
  readonly steps: readonly Step[];
  readonly tenants: readonly TenantFact[];
  readonly cluster: ClusterEvidence | null;
  readonly receipt: Receipt | null;
  /** Whether the stack still stands. */
  readonly standing: boolean;
}

/** Where the inner process writes. */
export function resultFile(evidence: string): string {
  return join(evidence, "inside.json");
}

const resultShape = z.object({
  ok: z.boolean(),
  steps: z.array(z.custom<Step>((value) => typeof value === "object" && value !== null)),
  tenants: z.array(z.custom<TenantFact>((value) => typeof value === "object" && value !== null)),
  cluster: z.custom<ClusterEvidence | null>((value) => typeof value === "object"),
  receipt: z.custom<Receipt | null>((value) => typeof value === "object"),
  standing: z.boolean(),
});

/** Reads what the inner process wrote; undefined when it did not come to that. */
export function readResult(evidence: string): InsideResult | undefined {
  try {
    return resultShape.parse(JSON.parse(readFileSync(resultFile(evidence), "utf8")));
  } catch {
    return undefined;
  }
}

/** The steps of a drill that need the cluster. Resolves to whether all went well. */
export async function drillInside(run: Run): Promise<boolean> {
  const steps: Step[] = [];
  const inside = await openInside(run);
  const state = newState(inside, run.rehearsal?.tenants ?? ["bhc", "mhr"]);
  const save = (ok: boolean) => {
    const result: InsideResult = {
      ok,
      steps,
      tenants: tenantFacts(state),
      cluster: state.cluster,
      receipt: state.receipt,
      standing: state.standing,
    };
    writeFileSync(resultFile(run.evidence), JSON.stringify(result));
  };
  try {
    const ok = await runSteps(stepsOf(run, state), (step) => {
      steps.push(step);
      save(false);
    });
    save(ok);
    return ok;
  } finally {
    state.watch?.stop();
    await inside.close();
  }
}

function stepsOf(run: Run, state: DrillState): StepSpec[] {
  const hints = hintsOf(state);
  const step = (
    name: string,
    work: (state: DrillState, tools: Parameters<StepSpec["run"]>[0]) => ReturnType<StepSpec["run"]>,
    more: Partial<StepSpec> = {},
  ): StepSpec => ({ name, run: (tools) => work(state, tools), ...(hints ? { hints } : {}), ...more });
  const whole = () => (run.full ? undefined : "FULL=1 adds it");
  const real = () => (run.cluster.simulated ? "pods are simulated here" : undefined);
  const faulty = { skip: () => real() ?? whole() };
  return [
    step("Note what there is", noteBefore),
    step("pulumi up", bringUp),
    step("Smoke checks", smoke, { skip: real }),
    step("A second up changes nothing", upAgain),
    step("A third tenant, by config", addTenant),
    step("A database and an application pod are killed", killPods, {
      skip: () => faulty.skip() ?? (run.rehearsal === null ? undefined : "the database is the cloud's"),
    }),
    step("An upgrade under constant requests", upgradeUnderLoad, faulty),
    step("A release that cannot start", badRelease, faulty),
    step("An up that is killed midway", interruptedUp, faulty),
    step("No secret lies in clear", scanSecrets),
    step("Evidence", collectEvidence, {
      always: true,
      skip: () => (state.standing ? undefined : "nothing stands"),
    }),
    ...(run.rehearsal?.lifecycle === "production"
      ? [step("Production refuses to be destroyed", refuseDestroy), step("It is made disposable", dispose)]
      : []),
    step("pulumi destroy", destroy),
    ...(run.rehearsal === null ? [] : [step("Nothing is left in the cloud", emptyCloud)]),
    step("The receipt", takeReceipt),
  ];
}

function tenantFacts(state: DrillState): TenantFact[] {
  if (state.outputs === undefined) return [];
  return outputsOf(state).tenants.map((tenant) => ({
    slug: tenant.slug,
    url: tenant.url,
    namespace: tenant.namespace,
    release: tenant.release?.name ?? "none",
    revision: String(tenant.release?.revision ?? "–"),
    chart:
      tenant.release === null
        ? "–"
        : `${tenant.release.chart} ${tenant.release.chartVersion} (${tenant.release.appVersion})`,
    database: tenant.database === null ? "–" : `${tenant.database.name} on ${tenant.database.host}`,
  }));
}
