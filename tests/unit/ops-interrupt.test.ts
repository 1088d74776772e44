/** Ctrl-C while steps run. A file of its own: a process that was asked to stop stays so. */
import { expect, it } from "vitest";
import { exitCode, interrupted, listenForInterrupts, stopping } from "../../ops/interrupt.ts";
import type { Step } from "../../ops/report/model.ts";
import { runSteps } from "../../ops/steps.ts";

it("lets the step under way end, begins nothing further, and still collects and cleans up", async () => {
  const said: string[] = [];
  listenForInterrupts((line) => said.push(line));
  const ran: string[] = [];
  const steps: Step[] = [];
  const step = (name: string, work = () => {}, always = false) => ({
    name,
    always,
    run: async () => {
      work();
      ran.push(name);
      return { detail: name };
    },
  });
  expect(exitCode(0)).toBe(0);
  const ok = await runSteps(
    [
      step("before"),
      step("under way", () => process.emit("SIGINT")),
      step("after"),
      step("evidence", undefined, true),
    ],
    (one) => steps.push(one),
  );
  expect(ok).toBe(false);
  expect(ran).toEqual(["before", "under way", "evidence"]);
  expect(steps.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual([
    "passed before: before",
    "passed under way: under way",
    "skipped after: stopped",
    "passed evidence: evidence",
  ]);
  expect(said.join()).toContain("once more ends at once");
  expect([interrupted(), stopping.aborted, exitCode(0), exitCode(1)]).toEqual([true, true, 130, 130]);
});
