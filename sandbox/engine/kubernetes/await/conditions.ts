import { z } from "zod";
import type { PlainBag } from "../../rpc/values.ts";
import { plainInner } from "../state.ts";

/** Whether an object is ready, and if not, what it lacks in words for the user. */
export type Readiness = { ready: true } | { ready: false; why: string; failed?: true };

export const ready: Readiness = { ready: true };
export function waiting(why: string): Readiness {
  return { ready: false, why };
}
/** It will not become ready: waiting longer is no use. */
export function failed(why: string): Readiness {
  return { ready: false, why, failed: true };
}

const conditions = z
  .array(
    z.looseObject({
      type: z.string(),
      status: z.string(),
      reason: z.string().default(""),
      message: z.string().default(""),
    }),
  )
  .catch([]);
export type Condition = z.infer<typeof conditions>[number];

export function conditionOf(object: PlainBag, type: string): Condition | undefined {
  return conditions
    .parse(plainInner(object, "status").conditions ?? [])
    .find((condition) => condition.type === type);
}

export function number(object: PlainBag, key: string, otherwise = 0): number {
  const value = object[key];
  return typeof value === "number" ? value : otherwise;
}

/** The controller has seen the newest version of the object. */
export function isObserved(object: PlainBag): boolean {
  const generation = number(plainInner(object, "metadata"), "generation");
  return number(plainInner(object, "status"), "observedGeneration") >= generation;
}
