import { describe, expect, it } from "vitest";
import { inZone } from "../../providers/zone.ts";

describe("a DNS zone", () => {
  it.each([
    ["apps.example.com", "apps.example.com", true],
    ["apps.example.com", "example.com.", true],
    ["apps.example.com", "Example.COM", true],
    ["apps.example.com", "ple.com", false],
    ["example.com", "apps.example.com", false],
    ["example.com", "example.org", false],
  ])("holds %s when it is of %s: %s", (domain, zone, held) => {
    expect(inZone(domain, zone)).toBe(held);
  });
});
