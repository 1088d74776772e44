/** Warnings about an object where its owner looks for them: as Events in `kubectl describe`. */
import { createHash } from "node:crypto";
import { hasStatus, type KubeClient } from "./client.ts";

/** Which object a warning is about. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Warning {
  readonly about: ObjectRef;
  /** CamelCase, one word. */
  readonly reason: string;
  readonly message: string;
  /**
   * It may pass by itself (the Service or Secret is created a moment later by the same release), so it is told only
   * when it has lasted.
   */
  readonly pending?: boolean;
}

const pendingGraceMs = 3000;

/** The namespace an Event must be in: cluster-scoped objects have theirs in `default`. */
function eventNamespace(about: ObjectRef): string {
  return about.namespace === "" ? "default" : about.namespace;
}

/** Writes one; that of the same object and words, if there is one, gets its time. */
export async function writeWarning(client: KubeClient, component: string, warning: Warning): Promise<void> {
  const { about, reason, message } = warning;
  const namespace = eventNamespace(about);
  const hash = createHash("sha256").update(`${about.uid}\n${reason}\n${message}`).digest("hex").slice(0, 16);
  const name = `${about.name.slice(0, 200)}.${hash}`;
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const path = `/api/v1/namespaces/${namespace}/events`;
  try {
    await client.request("POST", path, {
      metadata: { name, namespace },
      involvedObject: about,
      reason,
      message: message.slice(0, 1000),
      type: "Warning",
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
    await client.request("PATCH", `${path}/${name}`, { lastTimestamp: now }, "merge-patch");
  }
}

/**
 * Tells each warning once for as long as it lasts. `report` takes the whole present set; a warning that goes and
 * comes back is told again. `again` is called when a pending warning's grace is over, to have the set made anew.
 */
export function warningReporter(
  client: KubeClient,
  component: string,
  log: (line: string) => void,
  again: () => void,
): { report(warnings: readonly Warning[]): Promise<void> } {
  const seen = new Map<string, { since: number; told: boolean }>();
  return {
    async report(warnings) {
      const now = Date.now();
      const present = new Set<string>();
      for (const warning of warnings) {
        const key = `${warning.about.uid}\n${warning.reason}\n${warning.message}`;
        present.add(key);
        const entry = seen.get(key) ?? { since: now, told: false };
        seen.set(key, entry);
        if (entry.told) continue;
        const wait = warning.pending === true ? entry.since + pendingGraceMs - now : 0;
        if (wait > 0) {
          setTimeout(again, wait).unref();
          continue;
        }
        const { kind, namespace, name } = warning.about;
        log(`${kind} ${namespace}/${name}: ${warning.reason}: ${warning.message}`);
        try {
          await writeWarning(client, component, warning);
          entry.told = true;
        } catch (error) {
          log(`event on ${kind} ${namespace}/${name} not written: ${String(error)}`);
        }
      }
      for (const key of seen.keys()) if (!present.has(key)) seen.delete(key);
    },
  };
}
