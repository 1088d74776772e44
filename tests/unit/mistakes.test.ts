import { describe, expect, it } from "vitest";
import { Refusal, refuse, refuseElsewhere, refuseTenant } from "../../providers/mistakes.ts";

const said = (act: () => void): string => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.message;
  }
  throw new Error("nothing was refused");
};

describe("a refusal", () => {
  it("tells all mistakes at once, each with its key, value, what is allowed and the remedy", () => {
    const one = { key: "region", value: "x", allowed: "y", remedy: "z" };
    expect(said(() => refuse([one, { ...one, key: "dns.zone" }]))).toBe(
      "The stack's configuration has 2 mistakes; nothing that hangs on it was made.\n\n" +
        '  portolan:platform.region\n    value:   "x"\n    allowed: y\n    remedy:  z\n\n' +
        '  portolan:platform.dns.zone\n    value:   "x"\n    allowed: y\n    remedy:  z',
    );
    expect(said(() => refuseTenant("bhc", { key: "redis", allowed: "y", remedy: "z" }))).toBe(
      "The stack's configuration has a mistake; nothing that hangs on it was made.\n\n" +
        "  portolan:tenants.bhc.redis\n    allowed: y\n    remedy:  z",
    );
    expect(() => refuse([])).not.toThrow();
  });

  it("names each place in which a cell is not where its base is", () => {
    const text = said(() => refuseElsewhere({ project: ["a", "a"], region: ["here", "there"] }));
    expect(text).toContain('  portolan:platform.region\n    value:   "here"\n    allowed: there\n');
    expect(text).not.toContain("project");
  });

  it("keeps its own words, whatever is put before its message on the way", () => {
    const error = new Refusal("no");
    error.message = `error serializing property "kubeconfig": ${error.message}`;
    expect(error.message).toBe("no");
  });
});
