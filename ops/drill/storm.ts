/** What came of constant requests. */
export interface StormResult {
  readonly sent: number;
  readonly failed: number;
  /** What the failures said, each once with how often. */
  readonly reasons: readonly string[];
  /** Milliseconds: the slowest answer, and the 99th percentile. */
  readonly slowest: number;
  readonly p99: number;
  /** Requests a second that were really sent. */
  readonly rate: number;
}

/** Constant requests under way. */
export interface Storm {
  stop(): Promise<StormResult>;
}

/** Most requests in flight at a time: a service that hangs must not exhaust the machine that asks. */
const widest = 64;

/**
 * Sends requests at a bounded rate until told to stop. `send` throws for a failed one. A turn that comes while
 * `widest` are in flight counts as failed: it would have had no answer in time.
 */
export function startStorm(send: () => Promise<void>, perSecond: number): Storm {
  const times: number[] = [];
  const failures = new Map<string, number>();
  const flying = new Set<Promise<void>>();
  const begin = performance.now();
  let sent = 0;
  const fail = (why: string) => failures.set(why, (failures.get(why) ?? 0) + 1);
  const one = async () => {
    const start = performance.now();
    try {
      await send();
    } catch (thrown) {
      fail(thrown instanceof Error ? thrown.message : String(thrown));
    }
    times.push(performance.now() - start);
  };
  const timer = setInterval(() => {
    // A late timer catches up, so that the rate holds on a busy machine.
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    while (sent < due) {
      sent += 1;
      if (flying.size >= widest) {
        fail(`${widest} requests without an answer`);
        continue;
      }
      const request = one().finally(() => flying.delete(request));
      flying.add(request);
    }
  }, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      const seconds = (performance.now() - begin) / 1000;
      await Promise.all(flying);
      times.sort((a, b) => a - b);
      return {
        sent,
        failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
        reasons: [...failures].map(([why, count]) => `${count} × ${why}`),
        slowest: times.at(-1) ?? 0,
        p99: times[Math.floor(times.length * 0.99)] ?? 0,
        rate: sent / seconds,
      };
    },
  };
}
