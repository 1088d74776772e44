import { describe, expect, it } from "vitest";
import { changeCount, describeChanges, readEvents } from "../../ops/pulumi/events.ts";

const urn = "urn:pulumi:local::portolan::kubernetes:core/v1:Namespace::bhc";
const pre = (op: string, type = "kubernetes:core/v1:Namespace") =>
  JSON.stringify({ resourcePreEvent: { metadata: { op, urn, type } } });
const summary = (resourceChanges: Record<string, number>) =>
  JSON.stringify({ summaryEvent: { resourceChanges } });

describe("the engine's event log", () => {
  it("counts a run in which everything stayed the same as no change", () => {
    const run = readEvents([pre("same"), summary({ same: 31 })].join("\n"));
    expect(changeCount(run)).toBe(0);
    expect(run.changed).toEqual([]);
  });

  it("counts and names what changed", () => {
    const run = readEvents([pre("update"), summary({ same: 30, update: 1 })].join("\n"));
    expect(changeCount(run)).toBe(1);
    expect(run.changed).toEqual([`update ${urn}`]);
    expect(describeChanges(run)).toBe("1 updated, 30 unchanged");
  });

  it("counts custom resources, and neither components nor providers", () => {
    const log = [
      pre("create"),
      pre("create", "portolan:components:Tenant"),
      pre("create", "pulumi:pulumi:Stack"),
    ];
    expect(readEvents(log.join("\n")).custom).toHaveLength(1);
  });

  it("collects errors without terminal colours", () => {
    const message = "<{%fg 1%}>error: \u001b[31mno such chart<{%reset%}>";
    const log = JSON.stringify({ diagnosticEvent: { message, severity: "error" } });
    expect(readEvents(log).errors).toEqual(["error: no such chart"]);
  });

  it("leaves out a last line that a kill cut short, and refuses any other line that is not an event", () => {
    expect(readEvents(`${pre("create")}\n{"resOut`).changed).toHaveLength(1);
    expect(() => readEvents(`nonsense\n${pre("create")}`)).toThrow("line 1 of the event log is not JSON");
  });
});
