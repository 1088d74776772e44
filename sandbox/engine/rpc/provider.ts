import type { Bag } from "./values.ts";

/** A property that `check` refuses: shown to the user beside the resource. */
export type Failure = { property: string; reason: string };
export type Checked = { inputs: Bag; failures: Failure[] };

export type DiffKind = "add" | "delete" | "update";
/** One changed property, by its path, e.g. `spec.template` or `data["a.b"]`. */
export type PropertyChange = { path: string; kind: DiffKind; replace: boolean };
export type Difference = {
  changes: PropertyChange[];
  /** Delete the old object before making the new one: both would have the same name. */
  deleteBeforeReplace?: boolean;
};

/** Where a request comes from. `urn` is the whole name, `type` and `name` its parts. */
export type Target = { urn: string; type: string; name: string };
export type CheckArgs = Target & { olds: Bag; news: Bag; randomSeed: Uint8Array };
export type DiffArgs = Target & {
  id: string;
  oldInputs: Bag;
  oldOutputs: Bag;
  news: Bag;
  ignoreChanges: string[];
};
/** `timeout` in seconds, 0 when the user set none. */
export type CreateArgs = Target & { news: Bag; preview: boolean; timeout: number };
export type ReadArgs = Target & { id: string; inputs: Bag; outputs: Bag; timeout: number };
export type UpdateArgs = DiffArgs & { preview: boolean; timeout: number };
export type DeleteArgs = Target & { id: string; inputs: Bag; outputs: Bag; timeout: number };

export type Created = { id: string; outputs: Bag };
/** `undefined` as a whole means that the resource is gone. */
export type Found = { id: string; inputs: Bag; outputs: Bag } | undefined;

/** Lines for the user; `status` replaces the line before it in the progress display. */
export type Log = {
  status(urn: string, message: string): void;
  info(urn: string, message: string): void;
  warning(urn: string, message: string): void;
};

/**
 * One configured provider. The engine talks to each through a connection of its own,
 * so several with different settings live in one process.
 */
export type Provider = {
  readonly version: string;
  checkConfig(args: CheckArgs): Promise<Checked>;
  diffConfig(args: DiffArgs): Promise<Difference>;
  configure(config: Bag): Promise<void>;
  check(args: CheckArgs): Promise<Checked>;
  diff(args: DiffArgs): Promise<Difference>;
  create(args: CreateArgs): Promise<Created>;
  read(args: ReadArgs): Promise<Found>;
  update(args: UpdateArgs): Promise<Bag>;
  delete(args: DeleteArgs): Promise<void>;
  invoke(token: string, args: Bag, preview: boolean): Promise<{ result: Bag; failures: Failure[] }>;
  /** The user pressed Ctrl-C: end all waiting. */
  cancel(): Promise<void>;
};

/** `folder` answers the folder of the program that runs, where its relative paths start. */
export type ProviderFactory = (log: Log, folder: () => string) => Provider;

/** The object exists but did not become ready: it stays in the state, with these reasons, and the step fails. */
export class InitFailed extends Error {
  readonly id: string;
  readonly outputs: Bag;
  readonly reasons: string[];
  constructor(id: string, outputs: Bag, reasons: string[]) {
    super(reasons.join("\n"));
    this.name = "InitFailed";
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }
}

/** Reads type and name out of a URN, `urn:pulumi:<stack>::<project>::<parent$type>::<name>`. */
export function targetOf(urn: string): Target {
  const parts = urn.split("::");
  const type = (parts[2] ?? "").split("$").at(-1) ?? "";
  return { urn, type, name: parts.slice(3).join("::") };
}
