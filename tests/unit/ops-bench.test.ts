import { describe, expect, it } from "vitest";
import { changedNothing } from "../../ops/bench/measure.ts";
import { ratio } from "../../ops/bench/pairs.ts";
import { renamed } from "../../ops/bench/plant.ts";
import { tenantFigures } from "../../ops/bench/previews.ts";
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

  it("copies a cell under another's names, wherever they stand, and leaves the first as it was", () => {
    const from = { stack: "bench-cell-02", prefix: "c02t" };
    const record = {
      urn: "urn:pulumi:bench-cell-02::portolan::aws:iam/role:Role::c02t01-identity",
      inputs: { names: ["portolan-c02t01", "other"], tags: { stack: "bench-cell-02" }, count: 2, none: null },
    };
    expect(renamed(record, from, { stack: "bench-cell-07", prefix: "c07t" })).toEqual({
      urn: "urn:pulumi:bench-cell-07::portolan::aws:iam/role:Role::c07t01-identity",
      inputs: { names: ["portolan-c07t01", "other"], tags: { stack: "bench-cell-07" }, count: 2, none: null },
    });
    expect(record.inputs.names[0]).toBe("portolan-c02t01");
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

  it("tells a tenant's own share from what as many trivial resources cost", () => {
    const counts = [2, 10, 20];
    const points = counts.map((count) => {
      const pair = {
        ms: 1000 + 300 * count,
        floor: 800 + 250 * count,
        spent: 900 + 210 * count,
        floorSpent: 700 + 200 * count,
      };
      return [count, pair] as const;
    });
    const figures = tenantFigures("one more", points, 40);
    expect(figures.map(({ value }) => Math.round(value * 100) / 100)).toEqual([300, 50, 10, 1.2]);
    expect(figures.map(({ limit }) => limit)).toEqual([40, undefined, undefined, undefined]);
    expect(figures[0]?.note).toContain("as many trivial resources alone cost 250 ms");
  });

  it("shows processor time beside the clock's", () => {
    expect(
      ratio("up", { ms: 3000, floor: 2000, spent: 1234, floorSpent: 1000 }, "12 resources", 1.5),
    ).toEqual({
      name: "up",
      value: 1.5,
      unit: "×",
      limit: 1.5,
      note: "3.00 s, floor 2.00 s; 1.23 × in processor time, 12 resources",
    });
  });

  it("takes the slope of a straight line for what one more costs", () => {
    expect(slope([2, 10, 20, 50].map((x) => [x, 100 + 7 * x] as const))).toBeCloseTo(7);
  });
});
