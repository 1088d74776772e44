/** Trouble on request: what a fault plan makes the simulated cloud do. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export const operations = ["create", "read", "update", "delete", "invoke"] as const;
export type Operation = (typeof operations)[number];

const fault = z.strictObject({
  /** Token of a type or a function; `*` stands for any text. */
  type: z.string().default("*"),
  operation: z.enum([...operations, "*"]).default("*"),
  /** Logical name of the resource; `*` as above. */
  name: z.string().default("*"),
  /**
   * `throttle`, `error` (500): tried again by the provider, then said. `timeout`: carried out, but the answer is lost.
   * `crash`: the same, and the provider's process ends. `crashBefore`: it ends before the request. `silence`: carried
   * out, and no answer ever comes. `silenceBefore`: the same, not carried out. `quota`: refused for good. `slow`: takes `ms` longer. `settle`: a new thing is refused
   * to others for `ms`.
   */
  fault: z.enum([
    "throttle",
    "error",
    "timeout",
    "crash",
    "crashBefore",
    "silence",
    "silenceBefore",
    "quota",
    "slow",
    "settle",
  ]),
  /** How often it happens. */
  times: z.int().positive().default(1),
  /** How many fitting requests pass before. */
  after: z.int().nonnegative().default(0),
  /** Count for each type apart. */
  each: z.enum(["plan", "type"]).default("plan"),
  ms: z.int().nonnegative().default(1000),
});
const plan = z.array(fault);
export type Fault = z.infer<typeof fault>;
/** What is written in a plan's file: a list of these. */
export type FaultPlan = z.input<typeof plan>;

function fits(glob: string, text: string): boolean {
  const parts = glob.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function readPlan(file: string): readonly Fault[] {
  const read = plan.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (read.success) return read.data;
  throw new Error(`${file} is no fault plan (sandbox/clouds/README.md):\n${z.prettifyError(read.error)}`);
}

/** Strike once a request is carried out. One that was refused meanwhile meets them at its next try. */
const afterwards: ReadonlySet<Fault["fault"]> = new Set(["timeout", "crash", "silence", "settle"]);

const strike = z.object({
  fault: fault.shape.fault,
  operation: z.enum(operations),
  type: z.string(),
  name: z.string(),
});
/** A fault that happened, and to whom. */
export type Strike = z.infer<typeof strike>;

function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | undefined {
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

/** At once, for whoever reads it while this process writes. */
function writeJson(file: string, value: unknown): void {
  writeFileSync(`${file}.part`, JSON.stringify(value));
  renameSync(`${file}.part`, file);
}

/** What happened in a cloud's folder, in order. */
export function strikesIn(folder: string): readonly Strike[] {
  return readJson(join(folder, "struck.json"), z.array(strike)) ?? [];
}

/** Faults of one plan. Counts are kept in the cloud's folder: a crash that happened once does not happen again. */
export class Faults {
  readonly #plan: readonly Fault[];
  readonly #counts: string;
  readonly #folder: string;

  /** @throws when the file is no fault plan */
  constructor(file: string | undefined, folder: string) {
    this.#folder = folder;
    this.#counts = join(folder, "faults.json");
    this.#plan = file === undefined || file === "" ? [] : readPlan(file);
  }

  /** The faults that a request meets before it is carried out; each is counted at each try. */
  before(operation: Operation, type: string, name: string): readonly Fault[] {
    return this.#meet(operation, type, name, (kind) => !afterwards.has(kind), true);
  }

  /** How long (ms) others are refused who name what this request makes. Counted with `after`, when it is made. */
  settle(operation: Operation, type: string, name: string): number {
    const due = this.#meet(operation, type, name, (kind) => kind === "settle", false);
    return due.reduce((total, { ms }) => total + ms, 0);
  }

  /** The faults that a request meets which was carried out; each is counted. */
  after(operation: Operation, type: string, name: string): readonly Fault[] {
    return this.#meet(operation, type, name, (kind) => afterwards.has(kind), true);
  }

  #meet(
    operation: Operation,
    type: string,
    name: string,
    of: (kind: Fault["fault"]) => boolean,
    counting: boolean,
  ): readonly Fault[] {
    const fitting = this.#plan.flatMap((fault, at) =>
      of(fault.fault) &&
      (fault.operation === "*" || fault.operation === operation) &&
      fits(fault.type, type) &&
      fits(fault.name, name)
        ? [{ fault, key: fault.each === "type" ? `${at} ${type}` : `${at}` }]
        : [],
    );
    if (fitting.length === 0) return [];
    const counts = readJson(this.#counts, z.record(z.string(), z.number())) ?? {};
    const due = fitting.flatMap(({ fault, key }) => {
      const count = (counts[key] ?? 0) + 1;
      counts[key] = count;
      return count > fault.after && count <= fault.after + fault.times ? [fault] : [];
    });
    if (!counting) return due;
    mkdirSync(this.#folder, { recursive: true });
    writeJson(this.#counts, counts);
    const strikes = due.map(({ fault }): Strike => ({ fault, operation, type, name }));
    if (strikes.length > 0)
      writeJson(join(this.#folder, "struck.json"), [...strikesIn(this.#folder), ...strikes]);
    return due;
  }
}
