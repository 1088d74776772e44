/** When a stack is told that its tenants share a cache's key. */
import { describe, expect, it } from "vitest";
import { orthanc } from "../../apps/orthanc.ts";
import { probe } from "../../apps/probe.ts";
import { sharedCacheWarnings } from "../../stacks/sharedCache.ts";
import { readParts } from "../../stacks/values.ts";

const kinds = {
  aws: { kind: "aws", region: "us-east-1" },
  azure: { kind: "azure", region: "westeurope" },
  gcp: { kind: "gcp", region: "us-east1", project: "clinic-1" },
};

function warnings(
  kind: keyof typeof kinds,
  over: Record<string, unknown> = {},
  tenants = ["a", "b"],
  app = probe,
) {
  const hosts = tenants.map((slug) => [slug, { hosts: [`${slug}.portolan.test`] }]);
  const { parts } = readParts({
    "portolan:platform": JSON.stringify({ ...kinds[kind], ...over }),
    "portolan:tenants": JSON.stringify(Object.fromEntries(hosts)),
  });
  return sharedCacheWarnings(parts, app);
}

describe("a cache whose key all tenants have", () => {
  it.each(["azure", "gcp"] as const)("is said in production on %s", (kind) => {
    expect(warnings(kind)).toEqual([
      "portolan:platform.redis.isolation: with prefix, each of 2 tenants has the key of the whole cache, and could read " +
        "and empty what the others have in it. Choose instance, a cache for each tenant and each at the price of one, or " +
        "name a server with accounts in portolan:platform.redis.host",
    ]);
  });

  it("is not said of users of their own, caches of their own, one tenant, a trial, or no cache", () => {
    expect(warnings("aws")).toEqual([]);
    expect(warnings("azure", { redis: { isolation: "instance" } })).toEqual([]);
    expect(warnings("azure", { redis: { host: "redis.example" } })).toEqual([]);
    expect(warnings("azure", {}, ["a"])).toEqual([]);
    expect(warnings("gcp", { lifecycle: "disposable" })).toEqual([]);
    expect(warnings("gcp", { on: "organization/portolan/base" })).toEqual([]);
    expect(warnings("gcp", {}, ["a", "b"], orthanc)).toEqual([]);
  });
});
