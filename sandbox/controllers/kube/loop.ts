/** Work that runs once at a time and once more when something changed meanwhile. */
import { setTimeout as delay } from "node:timers/promises";

export interface Loop {
  /** Asks for a run; many asks before it starts are one run. */
  trigger(): void;
  /** Resolves when no run is under way or asked for. */
  idle(): Promise<void>;
}

/**
 * `settleMs` is the pause between an ask and the run, so that a burst of changes is one run. A run that throws is
 * logged and run again after a pause that grows to 5 s.
 */
export function coalescingLoop(
  run: () => Promise<void>,
  settleMs: number,
  log: (line: string) => void,
): Loop {
  let asked = false;
  let current: Promise<void> | undefined;

  async function work(): Promise<void> {
    let pause = 250;
    while (asked) {
      await delay(settleMs);
      asked = false;
      try {
        await run();
        pause = 250;
      } catch (error) {
        log(
          `${error instanceof Error ? (error.stack ?? error.message) : String(error)}; again in ${pause} ms`,
        );
        await delay(pause);
        pause = Math.min(pause * 2, 5000);
        asked = true;
      }
    }
    current = undefined;
  }

  return {
    trigger() {
      asked = true;
      current ??= work();
    },
    idle: async () => {
      await current;
    },
  };
}
