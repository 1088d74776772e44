import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { opensCanary, sealCanary } from "../../probe/canary.ts";
import { coalesce } from "../../probe/coalesce.ts";
import { describeError } from "../../probe/report.ts";

describe("the canary", () => {
  it("opens with the key that sealed it, and with no other", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 16 }), fc.string({ minLength: 16 }), (key, other) => {
        const sealed = sealCanary(key);
        expect(opensCanary(key, sealed)).toBe(true);
        expect(opensCanary(other, sealed)).toBe(other === key);
      }),
      { numRuns: 50 },
    );
  });

  it("does not open when a byte of it changed, nor when it is no canary at all", () => {
    const sealed = Buffer.from(sealCanary("0123456789abcdef"), "base64");
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(opensCanary("0123456789abcdef", sealed.toString("base64"))).toBe(false);
    expect(opensCanary("0123456789abcdef", "")).toBe(false);
  });

  it("is sealed differently each time", () => {
    expect(sealCanary("0123456789abcdef")).not.toBe(sealCanary("0123456789abcdef"));
  });
});

describe("coalescing", () => {
  it("gives callers at the same time one answer, and asks again when it is old", async () => {
    let asked = 0;
    let now = 0;
    const ask = coalesce(
      async () => ++asked,
      1000,
      () => now,
    );
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    now = 999;
    expect(await ask()).toBe(1);
    now = 1000;
    expect(await ask()).toBe(2);
  });

  it("does not keep a failure", async () => {
    let asked = 0;
    const ask = coalesce(async () => {
      asked += 1;
      if (asked === 1) throw new Error("first");
      return asked;
    }, 1000);
    await expect(ask()).rejects.toThrow("first");
    expect(await ask()).toBe(2);
  });
});

describe("an error in words", () => {
  it("holds no secret", () => {
    expect(describeError(new Error("login of app:s3cr3t failed"), ["s3cr3t"])).toBe(
      "login of app:*** failed",
    );
  });

  it("tells every address's failure, and the cause", () => {
    const both = new AggregateError([new Error("refused ::1"), new Error("refused 127.0.0.1")]);
    expect(describeError(both, [])).toBe("refused ::1; refused 127.0.0.1");
    expect(describeError(new Error("closed", { cause: new Error("bad certificate") }), [])).toBe(
      "closed (bad certificate)",
    );
  });
});
