/** What each long-running role does beside answering its probes. */
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Queue } from "./queue.ts";

/** Time between two ticks, and between two signs of life of an idle worker. */
const everyMs = 5000;

export interface RoleParts {
  readonly queue: Queue;
  /** A connection of its own: a waiting worker holds it. */
  readonly blocking: Redis;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Takes jobs until told to stop; a job under way is finished. */
export async function runWorker({ queue, blocking, log, signal }: RoleParts): Promise<void> {
  await untilStopped(signal, log, async () => {
    await queue.workerIsAlive();
    // Short, so that a stop does not have to break off a wait that may just have been given a job.
    const job = await queue.work(blocking, 1);
    if (job) log(`job ${job.id} done`);
  });
}

/** Stamps a tick every few seconds until told to stop. */
export async function runScheduler({ queue, log, signal }: RoleParts): Promise<void> {
  await untilStopped(signal, log, async () => {
    await queue.tick();
    await wait(everyMs, undefined, { signal });
  });
}

/** Repeats a step; a failing one is said once, and tried again after a while. */
async function untilStopped(
  signal: AbortSignal,
  log: (line: string) => void,
  step: () => Promise<void>,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await step();
      if (failing) log("works again");
      failing = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!failing) log(`failing: ${error instanceof Error ? error.message : error}`);
      failing = true;
      await wait(1000, undefined, { signal }).catch(() => undefined);
    }
  }
}
