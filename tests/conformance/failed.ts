import type { RunnerTestSuite } from "vitest";

/** Whether anything in it failed: then the cluster is kept to be looked into, and its servers with it. */
export function isFailed({ result, tasks }: Pick<RunnerTestSuite, "result" | "tasks">): boolean {
  return (
    result?.state === "fail" ||
    tasks.some((task) => (task.type === "suite" ? isFailed(task) : task.result?.state === "fail"))
  );
}
