/** How a provider asks its cloud: again and again with back-off, as the real SDKs do, in a sandbox's measure of time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Faults, Operation } from "./faults.ts";
import { type Cloud, Refused } from "./kind.ts";

export type Asker = {
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly signal: AbortSignal;
  /** How long to ask again while something is in use or not known everywhere, ms. The real providers take 10 to 30 minutes. */
  readonly patience: number;
  /** Told once, when the first try failed. */
  retrying(why: string): void;
};

/** Tries of a throttled or failing call. The real providers try up to 25 times. */
const tries = 5;

/** The words of a plan's fault: made when the request was carried out all the same. */
class Lost extends Error {}

/** Ends this process at once: the answer to a request is lost with it. */
function crash(): never {
  process.exit(70);
}

/** Ends with the provider only. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/**
 * Carries out one operation under the fault plan. `act` is told how long a new thing stays unknown to others (ms).
 *
 * @throws Refused, or an error that says what was tried
 */
export async function attempt<Result>(
  asker: Asker,
  operation: Operation,
  type: string,
  name: string,
  act: (settle: number) => Promise<Result>,
): Promise<Result> {
  const limit = Date.now() + asker.patience;
  const { words } = asker.cloud;
  let failed = 0;
  for (let pause = 20; ; pause = Math.min(pause * 2, 1000)) {
    asker.signal.throwIfAborted();
    const faults = asker.faults.before(operation, type, name);
    const has = (kind: Fault["fault"]): boolean => faults.some(({ fault }) => fault === kind);
    const slow = faults.reduce((total, { fault, ms }) => (fault === "slow" ? total + ms : total), 0);
    if (slow > 0) await sleep(slow, undefined, { signal: asker.signal });
    if (has("crashBefore")) crash();
    if (has("silenceBefore")) await silence(asker.signal);
    if (has("quota")) throw new Refused(words.quota(type));
    try {
      if (has("throttle")) throw new Refused(words.throttled, true);
      if (has("error")) throw new Refused(words.internal, true);
      const result = await act(asker.faults.settle(operation, type, name));
      const lost = asker.faults.after(operation, type, name).map(({ fault }) => fault);
      if (lost.includes("crash")) crash();
      if (lost.includes("silence")) await silence(asker.signal);
      if (lost.includes("timeout")) throw new Lost(words.timeout);
      return result;
    } catch (error) {
      if (!(error instanceof Refused) || !error.retry) throw error;
      const troubled = has("throttle") || has("error");
      if (troubled) failed += 1;
      if (troubled ? failed >= tries : Date.now() + pause > limit) {
        throw new Error(
          `${error.message} (tried again ${troubled ? `${failed} times` : `for ${asker.patience} ms`})`,
        );
      }
      if (pause === 20) asker.retrying(error.message);
      await sleep(pause, undefined, { signal: asker.signal });
    }
  }
}
