/** Conditions as cert-manager writes them. */
import type { Condition } from "./objects.ts";

/** Seconds are the API's resolution. */
export function instant(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** The Ready condition; its transition time moves only when its status does. */
export function readyCondition(
  before: readonly Condition[],
  wanted: {
    readonly ready: boolean;
    readonly reason: string;
    readonly message: string;
    readonly generation: number;
  },
  now: Date,
): Condition {
  const status = wanted.ready ? "True" : "False";
  const old = before.find((c) => c.type === "Ready");
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : instant(now);
  const { reason, message, generation } = wanted;
  return { type: "Ready", status, reason, message, lastTransitionTime, observedGeneration: generation };
}

/** Whether the list already says exactly this. */
export function saysSo(before: readonly Condition[], condition: Condition): boolean {
  const old = before.find((c) => c.type === condition.type);
  return old !== undefined && Object.entries(condition).every(([key, value]) => old[key] === value);
}

/** The list with this condition in the place of the one of its type. */
export function withCondition(before: readonly Condition[], condition: Condition): Condition[] {
  return [...before.filter((c) => c.type !== condition.type), condition];
}
