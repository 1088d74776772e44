import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Step, tally } from "./report/model.ts";

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  success: z.boolean(),
});
const drillReport = z.object({
  ok: z.boolean(),
  steps: z.array(z.custom<Step>((value) => typeof value === "object" && value !== null && "checks" in value)),
});

/** Passed and failed of vitest's JSON reports and of a drill's report, by content. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Adds up. A suite or a drill that failed as a whole without a failed part of its own (it did not start, it did not
 * compile) counts as one failure, and so does a command that failed where every count says otherwise.
 */
export function count(reports: readonly unknown[], exitCodes: readonly number[]): Count {
  let passed = 0;
  let failed = 0;
  for (const report of reports) {
    const drill = drillReport.safeParse(report);
    const suite = drill.success ? undefined : vitestReport.parse(report);
    const part = suite
      ? { passed: suite.numPassedTests, failed: suite.numFailedTests }
      : tally(drill.data?.steps ?? []);
    const ok = suite ? suite.success : drill.data?.ok === true;
    passed += part.passed;
    failed += !ok && part.failed === 0 ? 1 : part.failed;
  }
  if (failed === 0 && exitCodes.some((code) => code !== 0)) failed = 1;
  return { passed, failed };
}

if (import.meta.main) {
  const [folder = "", ...codes] = process.argv.slice(2);
  const reports = readdirSync(folder).map((name): unknown =>
    JSON.parse(readFileSync(join(folder, name), "utf8")),
  );
  const { passed, failed } = count(reports, codes.map(Number));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
