/** Ctrl-C, once for the whole program: the step under way is let end, nothing further is begun. */
let asked = false;

/** Whether somebody asked to stop. */
export function interrupted(): boolean {
  return asked;
}

/**
 * Listens for Ctrl-C and TERM. Children in the foreground get the signal of the terminal too and end their work in
 * order (Pulumi finishes what it has begun and lets go of its lock). A second signal ends this process at once.
 */
export function listenForInterrupts(say: (line: string) => void): void {
  const stop = () => {
    if (asked) process.exit(130);
    asked = true;
    say("\nStopping when the step under way has ended; once more ends at once. Nothing is destroyed.");
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}
