import { describe, expect, it } from "vitest";
import { changedNothing } from "../../ops/bench/measure.ts";
import { renderTable, slope } from "../../ops/bench/table.ts";

describe("the bench", () => {
  it.each([
    ["Resources:\n    540 unchanged\n\nDuration: 6s\n", true],
    ["Resources:\n    ~ 1 updated\n    539 unchanged\n\nDuration: 6s\n", false],
    ["Resources:\n    + 3 created\n    539 unchanged\n", false],
    ["Resources:\n    +-1 replaced\n    539 unchanged\n", false],
    ["Resources:\n    - 1 deleted\n    539 unchanged\n", false],
    ["Resources:\n    + 540 created\n\nDuration: 6s\n", false],
    ["error: nothing was run", false],
  ])("reads off %j whether nothing changed: %s", (output, expected) => {
    expect(changedNothing(output)).toBe(expected);
  });

  it("says of each figure with a limit whether it held", () => {
    const table = renderTable([
      { name: "a", value: 1.2, unit: "×", limit: 1.2 },
      { name: "b", value: 1.21, unit: "×", limit: 1.2 },
      { name: "c", value: 3, unit: "MB" },
    ]);
    expect(table.split("\n").map((line) => /\b(yes|NO)\b/.exec(line)?.[0] ?? "")).toEqual([
      "",
      "",
      "yes",
      "NO",
      "",
    ]);
  });

  it("takes the slope of a straight line for what one more costs", () => {
    expect(slope([2, 10, 20, 50].map((x) => [x, 100 + 7 * x] as const))).toBeCloseTo(7);
  });
});
