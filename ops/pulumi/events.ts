import { z } from "zod";

/**
 * The engine's event log (`--event-log`), one JSON object a line. Only what is used here is described; the shape is
 * `apitype.EngineEvent` of the Pulumi CLI.
 */
const metadata = z.object({ op: z.string(), urn: z.string(), type: z.string() });
const event = z.object({
  timestamp: z.number().optional(),
  diagnosticEvent: z
    .object({ urn: z.string().optional(), message: z.string(), severity: z.string() })
    .optional(),
  summaryEvent: z
    .object({
      resourceChanges: z.record(z.string(), z.number()).nullish(),
      durationSeconds: z.number().optional(),
    })
    .optional(),
  resourcePreEvent: z.object({ metadata }).optional(),
  resOutputsEvent: z.object({ metadata }).optional(),
  resOpFailedEvent: z.object({ metadata }).optional(),
});

/** What one run of the engine did. */
export interface Operation {
  /** Resources by what was done to them, as in the summary: `same`, `create`, `update`, `delete`, `replace`, ... */
  readonly changes: Readonly<Record<string, number>>;
  /** URNs that changed, with the operation: `update urn:pulumi:...`. */
  readonly changed: readonly string[];
  /** Error diagnostics, without terminal colours. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** How many custom resources (things a provider made, not components or providers) the run saw, by URN. */
  readonly custom: readonly string[];
}

const quiet = new Set(["same", "read", "refresh", "discard"]);

function plain(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours are what is removed.
  return message.replaceAll(/\u001b\[[0-9;]*m|<\{%[^%]*%\}>/g, "").trim();
}

/**
 * Reads an event log. A last line cut short by a kill is left out; any other line that is not an event is an error,
 * since a log that cannot be read must never count as a run without changes.
 */
export function readEvents(log: string): Operation {
  const lines = log.split("\n");
  const changed = new Set<string>();
  const custom = new Set<string>();
  const errors: string[] = [];
  const warnings: string[] = [];
  let changes: Record<string, number> = {};
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch (thrown) {
      if (index === lines.length - 1) continue;
      throw new Error(`line ${index + 1} of the event log is not JSON: ${String(thrown)}`);
    }
    const found = event.parse(parsed);
    if (found.diagnosticEvent?.severity === "error") errors.push(plain(found.diagnosticEvent.message));
    if (found.diagnosticEvent?.severity === "warning") warnings.push(plain(found.diagnosticEvent.message));
    if (found.summaryEvent) changes = { ...(found.summaryEvent.resourceChanges ?? {}) };
    const seen = found.resourcePreEvent ?? found.resOutputsEvent ?? found.resOpFailedEvent;
    if (seen === undefined) continue;
    const { op, urn, type } = seen.metadata;
    if (!quiet.has(op)) changed.add(`${op} ${urn}`);
    if (!type.startsWith("pulumi:") && !isComponent(type)) custom.add(urn);
  }
  return { changes, changed: [...changed], errors, warnings, custom: [...custom] };
}

function isComponent(type: string): boolean {
  return type.startsWith("portolan:");
}

/** How many resources a run changed in any way. */
export function changeCount(operation: Operation): number {
  return Object.entries(operation.changes)
    .filter(([kind]) => !quiet.has(kind))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** `12 created, 1 updated, 40 unchanged`. */
export function describeChanges(operation: Operation): string {
  const words: Readonly<Record<string, string>> = {
    create: "created",
    update: "updated",
    delete: "deleted",
    replace: "replaced",
    same: "unchanged",
  };
  const parts = Object.entries(operation.changes)
    .sort(([a], [b]) => Number(a === "same") - Number(b === "same"))
    .map(([kind, count]) => `${count} ${words[kind] ?? kind}`);
  return parts.length === 0 ? "nothing done" : parts.join(", ");
}
