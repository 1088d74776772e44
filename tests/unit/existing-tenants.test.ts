import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type Endpoints, existingOffers } from "../../providers/existing/platform.ts";
import { tenantServices } from "../../providers/existing/tenantServices.ts";
import type {
  GivenServices,
  PlatformFacts,
  RedisIsolation,
  TenantRequest,
} from "../../providers/platform.ts";

const endpoints = (isolation: RedisIsolation): Endpoints => ({
  redis: { host: "redis.test", port: 6379, tls: { roots: "system" }, isolation },
});
const password = { secretName: "theirs", key: "redis" };

function redisOf(isolation: RedisIsolation, given: GivenServices["redis"]) {
  const storage = { block: null, shared: null };
  const facts: PlatformFacts = {
    version: 2,
    target: "existing",
    stack: "hospital",
    lifecycle: "disposable",
    size: "small",
    cluster: { name: "hospital", identifier: "uid" },
    namespace: "portolan-hospital",
    edge: {
      kind: "ingress",
      className: "nginx",
      domain: "example.com",
      issuer: "ca",
      namespace: "ingress-nginx",
      address: null,
      tcpPorts: null,
    },
    storage,
    offers: existingOffers(endpoints(isolation), storage),
  };
  const request: TenantRequest = {
    slug: "bhc",
    namespace: "theirs-bhc",
    serviceAccount: "probe",
    lifecycle: "disposable",
    needs: { redis: { isolation: [isolation] } },
    given: given ? { redis: given } : {},
    password: () => pulumi.secret("unused"),
    passwordRevision: pulumi.output("1"),
    parent: new pulumi.ComponentResource("test:index:Parent", "parent"),
  };
  return tenantServices(facts, endpoints(isolation), request).redis;
}

describe("a tenant on a Redis that exists already", () => {
  it("has a prefix of its own where tenants share the server, as every platform gives one", () => {
    expect(redisOf("prefix", { password })).toMatchObject({ isolation: "prefix", prefix: "bhc:" });
    expect(redisOf("acl", { password, username: "bhc" })).toMatchObject({ username: "bhc", prefix: "bhc:" });
  });

  it("takes the prefix that the user's own rules for its account name", () => {
    expect(redisOf("acl", { password, username: "bhc", prefix: "ward-7/" })).toMatchObject({
      prefix: "ward-7/",
    });
  });

  it("has none on a server of its own", () => {
    expect(redisOf("instance", { password })).not.toHaveProperty("prefix");
  });

  it("is refused without an account, which nobody makes for it", () => {
    expect(() => redisOf("prefix", undefined)).toThrow(
      "  portolan:tenants.bhc.redis\n" +
        "    allowed: the tenant's account and the Secret that holds it, because Portolan makes no accounts on this Redis\n" +
        "    remedy:  add it",
    );
  });
});
