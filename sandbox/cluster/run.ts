import { execa } from "execa";

/** What a finished command said. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;

/** Runs a command and returns its exit code and output; never throws for a non-zero code. */
export async function tryRun(
  command: readonly string[],
  options: { input?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error("empty command");
  const result = await execa(program, args, {
    reject: false,
    stdin: options.input === undefined ? "ignore" : "pipe",
    ...(options.input === undefined ? {} : { input: options.input }),
    timeout: options.timeoutMs ?? 60_000,
    env: { PATH, ...options.env },
  });
  return {
    code: result.exitCode ?? 1,
    stdout: result.stdout,
    stderr: result.timedOut
      ? `${result.stderr}\n(ended after its time limit)`
      : result.stderr || (result.shortMessage ?? ""),
  };
}

/**
 * Runs a command and returns its standard output.
 * @throws with the command and what it said on standard error.
 */
export async function run(...args: Parameters<typeof tryRun>): Promise<string> {
  const result = await tryRun(...args);
  if (result.code !== 0) {
    throw new Error(`${args[0].join(" ")} ended with ${result.code}: ${result.stderr.trim()}`);
  }
  return result.stdout;
}
