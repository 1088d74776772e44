import { describe, expect, it } from "vitest";
import { httpMatches, parseRule, requireAnySni } from "../../sandbox/controllers/edge/rule.ts";

const any = { kind: "prefix", value: "/" };

describe("Traefik rules the edge knows", () => {
  it.each([
    ["Host(`a.test`)", [{ host: "a.test", path: any }]],
    ['Host("a.test")', [{ host: "a.test", path: any }]],
    ["Host(`A.Test`)", [{ host: "a.test", path: any }]],
    [
      "Host(`a.test`) || Host(`b.test`)",
      [
        { host: "a.test", path: any },
        { host: "b.test", path: any },
      ],
    ],
    ["Host(`a.test`) && PathPrefix(`/app`)", [{ host: "a.test", path: { kind: "prefix", value: "/app" } }]],
    ["PathPrefix(`/app`)&&Host(`a.test`)", [{ host: "a.test", path: { kind: "prefix", value: "/app" } }]],
    ["Host(`a.test`) && Path(`/up`)", [{ host: "a.test", path: { kind: "exact", value: "/up" } }]],
    [
      "(Host(`a.test`) || Host(`b.test`)) && (PathPrefix(`/x`) || Path(`/y`))",
      [
        { host: "a.test", path: { kind: "prefix", value: "/x" } },
        { host: "a.test", path: { kind: "exact", value: "/y" } },
        { host: "b.test", path: { kind: "prefix", value: "/x" } },
        { host: "b.test", path: { kind: "exact", value: "/y" } },
      ],
    ],
    [
      "Host(`a.test`) || Host(`b.test`) && PathPrefix(`/x`)",
      [
        { host: "a.test", path: any },
        { host: "b.test", path: { kind: "prefix", value: "/x" } },
      ],
    ],
  ])("%s", (rule, expected) => {
    expect(httpMatches(rule)).toEqual(expected);
  });

  it.each([
    ["", "a matcher is missing"],
    ["Host(`a`)) ", "one too many"],
    ["(Host(`a`)", "a ( is not closed"],
    ["Host(`a`, `b`)", "takes exactly one value"],
    ["Host()", "has no value in backticks"],
    ["!Host(`a`)", "! (not) is unknown here"],
    ["HostRegexp(`.+`)", "HostRegexp is unknown here"],
    ["Host(`a`) && Header(`x`, `y`)", "Header is unknown here"],
    ["Host(`a`) & Host(`b`)", "character 10 cannot be read"],
    ["PathPrefix(`/`)", "it would catch every tenant's traffic"],
    ["Host(`a`) || PathPrefix(`/`)", "it would catch every tenant's traffic"],
    ["Host(`a`) && Host(`b`)", "never match"],
    ["Host(`*.a.test`)", "wildcards and empty hosts are refused"],
    ["Host(`a; return 200`)", "is not a plain DNS name"],
    ["Host(`a`) && PathPrefix(`x`)", "must begin with /"],
    ["Host(`a`) && PathPrefix(`/x{}`)", "hold only URL characters"],
    ["Host(`a`) && PathPrefix(`/a b`)", "hold only URL characters"],
    ["Host(`a`) && PathPrefix(`/x`) && Path(`/x/y`)", "two paths joined by &&"],
    ["HostSNI(`*`)", "belongs to an IngressRouteTCP"],
  ])("refuses %s", (rule, why) => {
    expect(() => httpMatches(rule)).toThrow(why);
    expect(() => httpMatches(rule)).toThrow(JSON.stringify(rule));
  });

  it("takes no SNI but any for TCP", () => {
    expect(() => requireAnySni("HostSNI(`*`)")).not.toThrow();
    for (const rule of [
      "HostSNI(`a.test`)",
      "Host(`*`)",
      "HostSNI(`*`) || HostSNI(`*`)",
      "HostSNI(`*`) && Path(`/`)",
    ]) {
      expect(() => requireAnySni(rule)).toThrow("must be HostSNI(`*`)");
    }
  });

  it("keeps alternatives apart", () => {
    expect(parseRule("Host(`a`) || Path(`/`)")).toHaveLength(2);
  });
});
