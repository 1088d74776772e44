import type { Check } from "./report/model.ts";

/** A check not yet run: `run` resolves to the detail line to show, or throws an Error whose message says what was wrong. */
export interface CheckSpec {
  readonly name: string;
  readonly run: () => Promise<string>;
}

/** Short, one-line form of anything thrown. */
export function reason(thrown: unknown, limit = 400): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** Runs one check; never throws. */
export async function runCheck(spec: CheckSpec): Promise<Check> {
  const start = performance.now();
  try {
    const detail = await spec.run();
    return { name: spec.name, ok: true, ms: performance.now() - start, detail };
  } catch (thrown) {
    return { name: spec.name, ok: false, ms: performance.now() - start, detail: reason(thrown) };
  }
}

/**
 * Runs checks that do not depend on each other, at most `width` at a time: the machine is shared with the
 * cluster under test, and a check that starves the other proves nothing. Results come in the order given.
 */
export async function runChecks(
  specs: readonly CheckSpec[],
  width = 4,
  onDone?: (check: Check) => void,
): Promise<Check[]> {
  const results: Check[] = new Array(specs.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < specs.length; index = next++) {
      const spec = specs[index];
      if (spec === undefined) return;
      const check = await runCheck(spec);
      results[index] = check;
      onDone?.(check);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, specs.length) }, worker));
  return results;
}

/** Asserts, with a message that says what was expected and what was seen. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Asserts that something fails, and for the right reason; resolves to the reason in one line. */
export async function expectFailure(
  what: string,
  run: () => Promise<unknown>,
  because: RegExp,
): Promise<string> {
  let outcome: unknown;
  try {
    outcome = await run();
  } catch (thrown) {
    const text = reason(thrown, 2000);
    expect(because.test(text), `${what} failed, but not because of ${because}: ${reason(thrown)}`);
    return reason(text.match(because)?.[0] ?? text, 160);
  }
  throw new Error(`${what} should have been refused, and was not: ${reason(String(outcome), 120)}`);
}
