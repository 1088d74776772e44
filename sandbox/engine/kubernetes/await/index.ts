import { setTimeout as sleep } from "node:timers/promises";
import type { Bag, PlainBag } from "../../rpc/values.ts";
import { type Place, readObject } from "../apply.ts";
import type { Cluster } from "../cluster.ts";
import { annotation } from "../names.ts";
import { conditionOf, type Readiness, ready, waiting } from "./conditions.ts";
import { ingressReady, serviceReady } from "./network.ts";
import { podTroubles } from "./pods.ts";
import { claimReady, volumeReady } from "./storage.ts";
import { waitForRule } from "./waitFor.ts";
import {
  daemonSetReady,
  deploymentReady,
  jobReady,
  podReady,
  replicasReady,
  statefulSetReady,
} from "./workloads.ts";

type Check = (cluster: Cluster, object: PlainBag) => Readiness | Promise<Readiness>;

const checks: Record<string, Check> = {
  "/PersistentVolume": (_cluster, object) => volumeReady(object),
  "/PersistentVolumeClaim": claimReady,
  "/Pod": (_cluster, object) => podReady(object),
  "/ReplicationController": (_cluster, object) => replicasReady(object),
  "/Service": serviceReady,
  "apiextensions.k8s.io/CustomResourceDefinition": (_cluster, object) =>
    conditionOf(object, "Established")?.status === "True"
      ? ready
      : waiting("the definition is not established yet"),
  "apps/DaemonSet": (_cluster, object) => daemonSetReady(object),
  "apps/Deployment": (_cluster, object) => deploymentReady(object),
  "apps/ReplicaSet": (_cluster, object) => replicasReady(object),
  "apps/StatefulSet": (_cluster, object) => statefulSetReady(object),
  "batch/Job": (_cluster, object) => jobReady(object),
  "networking.k8s.io/Ingress": (_cluster, object) => ingressReady(object),
};

/** Seconds that the real provider waits, by kind; five minutes for the others. */
const limits: Record<string, number> = {
  Deployment: 600,
  StatefulSet: 600,
  DaemonSet: 600,
  ReplicaSet: 600,
  Job: 600,
  Pod: 600,
  Service: 600,
  Ingress: 600,
};

/** The object did not become ready: its last state, and why. */
export class NotReady extends Error {
  readonly object: PlainBag;
  readonly reasons: string[];
  constructor(object: PlainBag, reasons: string[]) {
    super(reasons.join("\n"));
    this.name = "NotReady";
    this.object = object;
    this.reasons = reasons;
  }
}

export type Waiting = {
  /** Seconds by `customTimeouts`, 0 for none. */
  timeout: number;
  signal: AbortSignal;
  report(line: string): void;
};

/** How long to wait for an object, in seconds: customTimeouts, then the annotation, then the kind's own limit. */
export function timeoutOf(object: Bag, kind: string, timeout: number): number {
  if (timeout > 0) return timeout;
  const annotated = annotation(object, "pulumi.com/timeoutSeconds");
  if (annotated === undefined) return limits[kind] ?? 300;
  const seconds = Number(annotated);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new Error(
    `pulumi.com/timeoutSeconds is ${JSON.stringify(annotated)}; it must be a number of seconds above 0`,
  );
}

function checkOf({ kind }: Place, inputs: Bag): Check | undefined {
  const asked = annotation(inputs, "pulumi.com/waitFor");
  if (asked !== undefined) {
    const rule = waitForRule(asked);
    return (_cluster, object) => rule(object);
  }
  return checks[`${kind.group}/${kind.kind}`];
}

export function skipsAwait(inputs: Bag): boolean {
  return annotation(inputs, "pulumi.com/skipAwait") === "true";
}

/**
 * Waits until an applied object is ready and answers its newest state.
 * @throws NotReady after the timeout, when it failed for good, or when the user cancels.
 */
export async function awaitReady(
  cluster: Cluster,
  place: Place,
  inputs: Bag,
  applied: PlainBag,
  wait: Waiting,
): Promise<PlainBag> {
  const check = checkOf(place, inputs);
  if (check === undefined || skipsAwait(inputs)) return applied;
  const seconds = timeoutOf(inputs, place.kind.kind, wait.timeout);
  const limit = Date.now() + seconds * 1000;
  let object = applied;
  let last = "";
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1_000)) {
    const readiness = await check(cluster, object);
    if (readiness.ready) return object;
    if (readiness.why !== last) wait.report(`waiting: ${readiness.why}`);
    last = readiness.why;
    if (readiness.failed === true || Date.now() + pause > limit || wait.signal.aborted) {
      const why = wait.signal.aborted ? "the update was cancelled" : readiness.why;
      const late = readiness.failed === true || wait.signal.aborted ? "" : ` after ${seconds} s`;
      throw new NotReady(object, [
        `not ready${late}: ${why}`,
        ...(await podTroubles(cluster, place, object)),
      ]);
    }
    await sleep(pause, undefined, { signal: wait.signal }).catch(() => undefined);
    const live = await readObject(cluster, place);
    if (live === undefined) throw new NotReady(object, ["the object was deleted while it was waited for"]);
    object = live;
  }
}

/** Waits until `gone` holds. @throws after the timeout or when the user cancels. */
export async function awaitGone(
  what: string,
  gone: () => Promise<boolean>,
  seconds: number,
  wait: Waiting,
): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  let reported = false;
  for (let pause = 50; !(await gone()); pause = Math.min(pause * 1.5, 1_000)) {
    if (wait.signal.aborted) throw new Error(`${what}: the deletion was cancelled while it was waited for`);
    if (Date.now() + pause > limit) {
      throw new Error(
        `${what} is still there ${seconds} s after its deletion. Look at its finalizers and at what owns it, or set customTimeouts.delete`,
      );
    }
    if (!reported && pause > 500) wait.report("waiting until it is gone");
    reported ||= pause > 500;
    await sleep(pause, undefined, { signal: wait.signal }).catch(() => undefined);
  }
}
