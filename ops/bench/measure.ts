/** How one operation of the engine is measured, and the least that it could cost. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type operate, operateOrThrow, type Run, type StackContext } from "../pulumi/cli.ts";
import { ensureStack, openProject } from "../pulumi/workspace.ts";

const floorFolder = join(import.meta.dirname, "floor");

/** As a user runs it: no event log is written. */
const bare = { withoutEvents: true };

export type Command = Parameters<typeof operate>[1];

/** Milliseconds of one run, of the clock and of processors, and what the engine said. */
export interface Timed {
  readonly ms: number;
  readonly processorMs: number;
  readonly run: Run;
}

/** Runs the engine as a user does. @throws when it fails */
export async function timed(context: StackContext, command: Command): Promise<Timed> {
  const [begin, spent] = [performance.now(), processorMs()];
  const run = await operateOrThrow(context, command, { label: `bench-${command}`, ...bare });
  return { ms: performance.now() - begin, processorMs: processorMs() - spent, run };
}

/** Fields 14 to 17 of /proc/pid/stat are in ticks of a hundredth of a second. */
const tickMs = 10;

/**
 * Processor time that this process's children have had, ended ones and their own children included: engine, program,
 * providers, Helm. Unlike the clock it says much the same on a busy machine.
 */
function processorMs(): number {
  const own = ticksOf(read("/proc/self/stat"));
  const children = read(`/proc/self/task/${process.pid}/children`).split(" ").filter(Boolean);
  const living = children.map((pid) => ticksOf(read(`/proc/${pid}/stat`)));
  return living.reduce((sum, { self, ended }) => sum + self + ended, own.ended) * tickMs;
}

function ticksOf(stat: string): { readonly self: number; readonly ended: number } {
  // The name of the program, in brackets, may hold spaces: what follows it is counted.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { self: user + system, ended: endedUser + endedSystem };
}

/** A program of `count` trivial resources with the same engine, backend and machine. Its stack is empty at first. */
export async function floorStack(base: StackContext, work: string, count: number): Promise<StackContext> {
  const context = openProject(base, floorFolder, join(work, "floor"), "floor", {
    "portolan-floor:count": count,
  });
  await ensureStack(context);
  return context;
}

/** Resources of a first run, components and providers among them, as a preview counts them. */
export async function countResources(
  context: StackContext,
): Promise<{ readonly total: number; readonly custom: number }> {
  const { operation } = await operateOrThrow(context, "preview", { label: "bench-count" });
  const total = Object.values(operation.changes).reduce((sum, each) => sum + each, 0);
  return { total, custom: operation.custom.length };
}

/** Whether the engine's summary tells of nothing but `unchanged`. */
export function changedNothing(output: string): boolean {
  const summary = output.slice(output.lastIndexOf("Resources:"));
  return / unchanged/.test(summary) && !/ (to )?(created?|updated?|deleted?|replaced?)\b/.test(summary);
}

/** Bytes of a stack's state. The folder is the backend's. */
export function stateBytes(backend: string, project: string, stack: string): number {
  return statSync(join(backend, ".pulumi", "stacks", project, `${stack}.json`)).size;
}

/**
 * The most memory that a stack's program had, in bytes: its resident set, as the kernel remembers it. Looked at while
 * `work` runs, several times a second.
 */
export async function programMemory<T>(
  stack: string,
  work: () => Promise<T>,
): Promise<{ readonly bytes: number; readonly result: T }> {
  let bytes = 0;
  let pid: string | undefined;
  const look = setInterval(() => {
    pid ??= programOf(stack);
    if (pid !== undefined) bytes = Math.max(bytes, peakOf(pid));
  }, 150);
  try {
    const result = await work();
    return { result, bytes };
  } finally {
    clearInterval(look);
  }
}

/** The process that runs a stack's program: the SDK's `cmd/run` with the stack's name. */
function programOf(stack: string): string | undefined {
  return readdirSync("/proc").find((name) => {
    if (!/^\d+$/.test(name)) return false;
    const words = read(`/proc/${name}/cmdline`).split("\0");
    return words.some((word) => /@pulumi\/pulumi\/cmd\/run/.test(word)) && words.includes(`--stack=${stack}`);
  });
}

function peakOf(pid: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Empty where it ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
