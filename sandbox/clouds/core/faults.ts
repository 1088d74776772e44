/** Trouble on request: what a fault plan makes the simulated cloud do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

  /** The faults that this request meets; each is counted. */
  meet(operation: Operation, type: string, name: string): readonly Fault[] {
    const fitting = this.#plan.flatMap((fault, at) =>
      (fault.operation === "*" || fault.operation === operation) &&
      fits(fault.type, type) &&
      fits(fault.name, name)
        ? [{ fault, key: fault.each === "type" ? `${at} ${type}` : `${at}` }]
        : [],
    );
    if (fitting.length === 0) return [];
    const counts = this.#read();
    const due = fitting.filter(({ fault, key }) => {
      const count = (counts[key] ?? 0) + 1;
      counts[key] = count;
      return count > fault.after && count <= fault.after + fault.times;
    });
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(this.#counts, JSON.stringify(counts));
    return due.map(({ fault }) => fault);
  }

  #read(): Record<string, number> {
    if (!existsSync(this.#counts)) return {};
    return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(this.#counts, "utf8")));
  }
}
