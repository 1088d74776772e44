/** What a drill found out: the shapes of `report.json`, and of all that `report.html` shows. Nothing secret is ever put in them. */

/** One thing that was looked at. `name` is a sentence that is true when `ok`; `ms` is wall time in milliseconds. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
}

/** One step of a drill: a task in the list on the screen, a row in the report. */
export interface Step {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Wall time in milliseconds. */
  readonly ms: number;
  /** One line: what came of it, or what went wrong. */
  readonly detail: string;
  readonly checks: readonly Check[];
  /** When it failed: the commands with which to look into it. */
  readonly lookInto?: readonly string[];
}

/** An image that ran: its reference, and the digest the node reported for it. */
export interface ImageFact {
  readonly ref: string;
  readonly digest: string;
  /** Size of the archive in bytes, 0 when it was not built here. */
  readonly bytes: number;
}

/** A box of the picture. */
export interface TopologyNode {
  readonly id: string;
  readonly kind: "client" | "route" | "service" | "workload" | "claim";
  readonly label: string;
  /** A second, smaller line: ports, replicas, sizes. */
  readonly note: string;
  /** The namespace it lives in; empty for what is outside every namespace. */
  readonly group: string;
}

/** An arrow of the picture, from one box's id to another's. */
export interface TopologyEdge {
  readonly from: string;
  readonly to: string;
}

/** The picture as data, read from the cluster's objects. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
}

/** A pod as the report lists it. */
export interface PodFact {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly ready: string;
  readonly restarts: number;
  readonly images: readonly string[];
}

/** A job as the report lists it. */
export interface JobFact {
  readonly namespace: string;
  readonly name: string;
  readonly status: string;
}

/** An event as the report lists it; `at` in ISO 8601. */
export interface EventFact {
  readonly at: string;
  readonly namespace: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
}

/** A longer text (a describe, a log), shown folded. */
export interface TextFact {
  readonly title: string;
  readonly text: string;
}

/** What the cluster looked like at one moment. */
export interface ClusterEvidence {
  readonly topology: Topology;
  readonly pods: readonly PodFact[];
  readonly jobs: readonly JobFact[];
  readonly events: readonly EventFact[];
  readonly describes: readonly TextFact[];
  readonly logs: readonly TextFact[];
  readonly images: readonly ImageFact[];
}

/** What the cluster and the machine held before, set against what they hold after. */
export interface Comparison {
  readonly before: number;
  readonly after: number;
  /** What is there now and was not before: must be empty. */
  readonly left: readonly string[];
  /** What was there before and is gone: must be empty too. */
  readonly missing: readonly string[];
}

/** What a destroy left, here and in the cloud. */
export interface Receipt extends Comparison {
  /** What stays, by the stack's own outputs as they were right before it. */
  readonly retained: readonly string[];
  /** What a simulated cloud still keeps, with until when. */
  readonly kept: readonly string[];
}

/** The whole of `report.json`. */
export interface Report {
  readonly schema: 1;
  readonly app: string;
  readonly full: boolean;
  readonly ok: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly ms: number;
  readonly target: {
    readonly context: string;
    readonly what: string;
    /** Pods that do not really run (kwok): the smoke checks were then skipped. */
    readonly simulatedPods: boolean;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly tenants: readonly TenantFact[];
  readonly cluster: ClusterEvidence | null;
  readonly receipt: Receipt | null;
}

/** A tenant as the stack's outputs told it. */
export interface TenantFact {
  readonly slug: string;
  readonly url: string;
  readonly namespace: string;
  readonly release: string;
  readonly revision: string;
  readonly chart: string;
  readonly database: string;
}

/** How many of a report's steps and checks held. A step with checks counts through its checks, and itself if it failed beside them. */
export function tally(steps: readonly Step[]): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const step of steps) {
    if (step.status === "skipped") continue;
    const bad = step.checks.filter((check) => !check.ok).length;
    passed += step.checks.length - bad;
    failed += bad;
    if (step.status === "failed" && bad === 0) failed += 1;
    if (step.status === "passed" && step.checks.length === 0) passed += 1;
  }
  return { passed, failed };
}
