/** Ctrl-C, once for the whole program: the step under way is let end, nothing further is begun. */
const asked = new AbortController();

/** Aborted when somebody asks to stop: for work that can be broken off without harm. */
export const stopping: AbortSignal = asked.signal;

/** Whether somebody asked to stop. */
export function interrupted(): boolean {
  return stopping.aborted;
}

/** The exit code of a command that was asked to stop is 130, whatever came of it. */
export function exitCode(code: number): number {
  return interrupted() ? 130 : code;
}

/**
 * Listens for Ctrl-C and TERM. Children in the foreground get the signal of the terminal too and end their work in
 * order (Pulumi finishes what it has begun and lets go of its lock). A second signal ends this process at once.
 */
export function listenForInterrupts(say: (line: string) => void): void {
  const stop = () => {
    if (interrupted()) process.exit(130);
    asked.abort(new Error("stopped by Ctrl-C"));
    say(
      "\nStopping when the step under way has ended, with what is known so far kept; once more ends at once.",
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}
