/** What objects of External Secrets say of themselves (external-secrets.io/v1), read with care. */
import { z } from "zod";
import type { ExternalSecretState } from "../components/externalKeys.ts";
import type { SecretStoreRef } from "../providers/platform.ts";

export const externalSecrets = { group: "external-secrets.io", version: "v1" } as const;

export function storesOf(kind: SecretStoreRef["kind"]): typeof externalSecrets & { readonly plural: string } {
  return { ...externalSecrets, plural: `${kind.toLowerCase()}s` };
}

const objectSchema = z.looseObject({
  metadata: z.looseObject({ generation: z.int().default(0) }).prefault({}),
  status: z
    .looseObject({
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
          }),
        )
        .default([]),
      syncedResourceVersion: z.string().default(""),
    })
    .prefault({}),
});

export interface ConditionSet {
  readonly isReady: boolean;
  readonly why: string;
}

/** The Ready condition. */
export function readyOf(object: unknown): ConditionSet {
  const { conditions } = objectSchema.parse(object).status;
  const ready = conditions.find(({ type }) => type === "Ready");
  if (!ready) return { isReady: false, why: "" };
  return {
    isReady: ready.status === "True",
    why: [ready.reason, ready.message].filter((part) => part !== "").join(": "),
  };
}

/** One warning: when it was last seen, and what it says. */
export interface Warning {
  readonly at: number;
  readonly message: string;
}

interface EventLike {
  readonly type?: string;
  readonly message?: string;
  readonly lastTimestamp?: Date;
  readonly eventTime?: Date;
  readonly metadata?: { readonly creationTimestamp?: Date };
}

export function eventsOf(events: readonly EventLike[]): Warning[] {
  return events
    .filter(({ type }) => type === "Warning")
    .map(({ message = "", lastTimestamp, eventTime, metadata }) => ({
      at: new Date(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? 0).getTime(),
      message,
    }));
}

/**
 * Ready, and for the specification that is there now: `syncedResourceVersion` begins with its generation. What went wrong
 * is in the events; the condition says only that something did.
 */
export function stateOf(object: unknown, warnings: readonly Warning[]): ExternalSecretState {
  if (object === undefined) return { isReady: false, why: "" };
  const { metadata, status } = objectSchema.parse(object);
  const { isReady, why } = readyOf(object);
  const isCurrent = status.syncedResourceVersion.startsWith(`${metadata.generation}-`);
  if (isReady) return { isReady: isCurrent, why: "" };
  const [latest] = warnings.toSorted((one, other) => other.at - one.at);
  return { isReady: false, why: why === "" ? "" : (latest?.message ?? why) };
}
