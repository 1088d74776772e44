import { Listr, PRESET_TIMER } from "listr2";
import { reason } from "./checks.ts";
import { interrupted } from "./interrupt.ts";
import { duration } from "./report/html.ts";
import type { Check, Step } from "./report/model.ts";

/** What a step says when it went well. */
export interface Outcome {
  readonly detail: string;
  /** A failed check fails the step. */
  readonly checks?: readonly Check[];
}

/** What a running step is given. */
export interface StepTools {
  /** Says how far it is; the last line shows beside the step. */
  report(line: string): void;
}

/** One step of a command. */
export interface StepSpec {
  readonly name: string;
  run(tools: StepTools): Promise<Outcome>;
  /** Runs after a failure and after Ctrl-C too: collecting evidence, cleaning up. */
  readonly always?: boolean;
  /** A sentence why it is not to run now; undefined runs it. Asked when its turn comes. */
  skip?(): string | undefined;
  /** Commands with which a person looks into a failure. */
  hints?(): readonly string[];
}

/** True where lines that overwrite each other can be seen: a terminal, and not a CI's. */
export function isLive(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdout.isTTY === true && (env.CI ?? "") === "" && env.NO_COLOR === undefined;
}

/** True where someone can answer a question. */
export function isAsked(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && (env.CI ?? "") === "";
}

/** A failed check in words, or undefined when all held. */
export function failedChecks(checks: readonly Check[]): string | undefined {
  const failed = checks.filter((check) => !check.ok);
  const [first] = failed;
  if (first === undefined) return undefined;
  return `${failed.length} of ${checks.length} checks failed; ${first.name}: ${first.detail}`;
}

/**
 * Runs steps one after the other and shows them as they go. After the first failure, or once
 * somebody asked to stop, only steps marked `always` run.
 * `record` gets every step as it ends, so that whatever happens next, what is known so far is kept.
 * Resolves to whether all went well; never throws for a failed step.
 */
export async function runSteps(specs: readonly StepSpec[], record: (step: Step) => void): Promise<boolean> {
  let broken = false;
  const tasks = new Listr(
    specs.map((spec) => ({
      title: spec.name,
      task: async (
        _context: unknown,
        task: { title?: string; output?: string; skip(message: string): void },
      ) => {
        if (interrupted()) broken = true;
        const why =
          broken && spec.always !== true
            ? interrupted()
              ? "stopped"
              : "an earlier step failed"
            : spec.skip?.();
        if (why !== undefined) {
          record({ name: spec.name, status: "skipped", ms: 0, detail: why, checks: [] });
          task.skip(`${spec.name}: ${why}`);
          return;
        }
        const start = performance.now();
        let checks: readonly Check[] = [];
        try {
          const outcome = await spec.run({
            report: (line) => {
              task.output = line;
            },
          });
          checks = outcome.checks ?? [];
          const failure = failedChecks(checks);
          if (failure !== undefined) throw new Error(failure);
          record({
            name: spec.name,
            status: "passed",
            ms: performance.now() - start,
            detail: outcome.detail,
            checks,
          });
          task.title = `${spec.name}: ${outcome.detail}`;
        } catch (thrown) {
          broken = true;
          const detail = reason(thrown, 1200);
          const lookInto = spec.hints?.() ?? [];
          record({
            name: spec.name,
            status: "failed",
            ms: performance.now() - start,
            detail,
            checks,
            lookInto,
          });
          throw new Error(`${spec.name} failed after ${duration(performance.now() - start)}: ${detail}`);
        }
      },
    })),
    {
      exitOnError: false,
      // Else it ends this process at the first Ctrl-C: interrupt.ts listens.
      registerSignalListeners: false,
      renderer: isLive() ? "default" : "simple",
      rendererOptions: { timer: PRESET_TIMER, collapseErrors: false, collapseSubtasks: false },
      fallbackRendererOptions: { timer: PRESET_TIMER },
    },
  );
  await tasks.run();
  return !broken;
}
