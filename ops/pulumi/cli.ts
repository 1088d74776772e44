import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describeChanges, type Operation, readEvents } from "./events.ts";

/** Where a stack is worked on, and with which engine. */
export interface StackContext {
  /** The project's folder: the one with the program and its Pulumi.yaml. */
  readonly project: string;
  /** A folder with the same Pulumi.yaml and the config file: commands that would write next to it run there. */
  readonly folder: string;
  readonly stack: string;
  /** The stack's config file, given to each command. */
  readonly configFile: string;
  /** The engine's environment, complete: PATH, plugins, backend, passphrase file, KUBECONFIG. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the output of each command: may be shown to anyone. */
  readonly logs: string;
  /**
   * Folder for event logs while a command runs. The SDK's debug messages in them show secrets in clear, so it is a
   * private one, and a log is removed as soon as it was read.
   */
  readonly events: string;
}

/** A run of the engine that ended, well or not. */
export interface Run {
  readonly ok: boolean;
  /** `null` when it was killed. */
  readonly exitCode: number | null;
  readonly operation: Operation;
  readonly output: string;
  readonly logFile: string;
}

let runs = 0;

/** Runs `pulumi up|preview|destroy|refresh` without asking; never throws for a failed update. */
export async function operate(
  context: StackContext,
  command: "up" | "preview" | "destroy" | "refresh",
  options: {
    readonly signal?: AbortSignal;
    readonly arguments?: readonly string[];
    readonly label?: string;
    /** For timing alone: the operation then says nothing of what was done. */
    readonly withoutEvents?: boolean;
  } = {},
): Promise<Run> {
  runs += 1;
  const name = `${String(runs).padStart(2, "0")}-${options.label ?? command}`;
  const eventLog = join(context.events, `${options.label ?? command}.json`);
  const logFile = join(context.logs, `${name}.log`);
  rmSync(eventLog, { force: true });
  const confirm = command === "preview" ? [] : ["--yes", "--skip-preview"];
  const result = await execa(
    "pulumi",
    [
      command,
      "--non-interactive",
      "--color=never",
      ...confirm,
      `--stack=${context.stack}`,
      `--config-file=${context.configFile}`,
      ...(options.withoutEvents === true ? [] : [`--event-log=${eventLog}`]),
      ...(options.arguments ?? []),
    ],
    {
      cwd: context.project,
      env: context.env,
      extendEnv: false,
      all: true,
      reject: false,
      stdin: "ignore",
      // An interrupted engine is a case of its own: nothing gentle is sent before.
      ...(options.signal ? { cancelSignal: options.signal, killSignal: "SIGKILL" as const } : {}),
    },
  );
  appendFileSync(logFile, result.all ?? "");
  const operation = readEvents(existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "");
  rmSync(eventLog, { force: true });
  return {
    ok: result.exitCode === 0,
    exitCode: result.exitCode ?? null,
    operation,
    output: result.all ?? "",
    logFile,
  };
}

/** The event log of a run that is under way, from a byte on: the lines that are whole. */
export function eventsSoFar(context: StackContext, label: string, from = 0): string {
  const file = join(context.events, `${label}.json`);
  if (!existsSync(file)) return "";
  const log = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(log).size - from));
    readSync(log, bytes, 0, bytes.length, from);
    return bytes.toString("utf8", 0, bytes.lastIndexOf("\n") + 1);
  } finally {
    closeSync(log);
  }
}

/** As `operate`, but a failed update is an error that carries the engine's own diagnostics. */
export async function operateOrThrow(...args: Parameters<typeof operate>): Promise<Run> {
  const run = await operate(...args);
  if (run.ok) return run;
  throw new Error(`pulumi ${args[1]} failed (${failure(run)}); log: ${run.logFile}`);
}

/** Why a run failed, in a line. */
export function failure(run: Run): string {
  const first = run.operation.errors.filter((message) => !message.startsWith("update failed"));
  const tail = run.output.trim().split("\n").slice(-3).join(" / ");
  return (
    [describeChanges(run.operation), ...first.slice(0, 3)].join("; ") +
    (first.length === 0 ? `; ${tail}` : "")
  );
}

/** Any other `pulumi` command on the stack; resolves to its standard output, throws with its standard error. */
export async function pulumi(
  context: StackContext,
  args: readonly string[],
  options: { readonly stack?: boolean /** Standard input. */; readonly input?: string } = {},
): Promise<string> {
  const chosen = options.stack === false ? [] : [`--stack=${context.stack}`];
  const result = await execa("pulumi", [...args, "--non-interactive", ...chosen], {
    cwd: context.folder,
    env: context.env,
    extendEnv: false,
    reject: false,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${result.stderr.trim().slice(-800)}`);
}
