/** A tenant of a cell on a base whose Redis the user brought, or the platform made: the cell learns it from the base's facts. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AwsCell } from "../../providers/aws/cell.ts";
import { awsRequired } from "../../providers/aws/facts.ts";
import { AzureCell } from "../../providers/azure/cell.ts";
import { azureRequired } from "../../providers/azure/facts.ts";
import { GcpCell } from "../../providers/gcp/cell.ts";
import { gcpRequired } from "../../providers/gcp/facts.ts";
import type { GivenServices, Platform, PlatformFacts, Target } from "../../providers/platform.ts";
import * as aws from "./aws-fixtures.ts";
import * as azure from "./azure-fixtures.ts";
import * as gcp from "./gcp-fixtures.ts";
import { run } from "./harness.ts";

const shared = { needs: {}, images: {}, hooks: () => ({}) };

interface Cloud {
  readonly simulate: () => void;
  /** Facts without which there is no cell. */
  readonly own: readonly string[];
  /** What the facts have of a Redis that the platform made. */
  readonly made: Readonly<Record<string, string>>;
  readonly cell: (base: PlatformFacts) => Platform;
}

const clouds: Readonly<Record<"aws" | "azure" | "gcp", Cloud>> = {
  aws: {
    simulate: aws.simulate,
    own: awsRequired,
    made: { redisUserGroup: "group" },
    cell: (base) =>
      new AwsCell("platform", { ...shared, base, settings: { region: "region", account: undefined } }),
  },
  azure: {
    simulate: azure.simulate,
    own: azureRequired,
    made: { redisCluster: "cache" },
    cell: (base) =>
      new AzureCell("platform", {
        ...shared,
        base,
        settings: { region: "region", subscriptionId: undefined, login: "azurecli" },
      }),
  },
  gcp: {
    simulate: gcp.simulate,
    own: gcpRequired,
    made: { redisName: "cache" },
    cell: (base) =>
      new GcpCell("platform", { ...shared, base, settings: { project: "project", region: "region" } }),
  },
};

function factsOf(target: Target, own: Readonly<Record<string, string>>): PlatformFacts {
  return {
    version: 2,
    target,
    stack: "base",
    lifecycle: "production",
    size: "small",
    cluster: { name: "portolan-base", identifier: "a1b2c3" },
    namespace: "portolan-base",
    edge: {
      kind: "traefik",
      className: "traefik",
      domain: "example.com",
      issuer: "letsencrypt",
      namespace: "traefik",
      address: null,
      tcpPorts: null,
    },
    storage: { block: null, shared: null },
    offers: { database: [], redis: [], objectStore: [], sharedVolume: true },
    own,
  };
}

it("a cell on azure has no container where its base has no storage account, and that is said", async () => {
  const { simulate, own, cell } = clouds.azure;
  const { result } = await run(() => {
    simulate();
    const platform = cell(factsOf("azure", Object.fromEntries(own.map((key) => [key, key]))));
    const parent = new pulumi.ComponentResource("test:Tenant", "cab", {});
    const needs = { objectStore: { protocols: ["azure-blob"] } } as const;
    const asked = () => platform.tenantServices(aws.tenantRequest("cab", "production", parent, { needs }));
    try {
      asked();
      return () => "nothing";
    } catch (thrown) {
      return () => String(thrown);
    }
  });
  expect(result()).toContain("the platform of stack base has no account for one");
});

describe.each(["aws", "azure", "gcp"] as const)("a cell on %s", (target) => {
  const { simulate, own, made, cell } = clouds[target];
  const brought = (redisIsolation: string) => ({
    redisHost: "redis.example.com",
    redisPort: "6380",
    redisIsolation,
  });

  /** The Redis of its tenant, or what is said in its place: thrown on, it would end the run under others' feet. */
  async function redisOf(redis: Readonly<Record<string, string>>, given: GivenServices["redis"]) {
    const { result } = await run(() => {
      simulate();
      const required = Object.fromEntries(own.map((key) => [key, key]));
      const platform = cell(factsOf(target, { ...required, ...redis }));
      const parent = new pulumi.ComponentResource("test:Tenant", "cab", {});
      const request = aws.tenantRequest("cab", "production", parent, {
        needs: { redis: { isolation: ["acl"] } },
        given: given ? { redis: given } : {},
      });
      try {
        const service = platform.tenantServices(request).redis;
        return () => service;
      } catch (thrown) {
        return () => String(thrown);
      }
    });
    return result();
  }
  const password = { secretName: "mine", key: "redis" };

  it("has the account and the prefix that the tenant names", async () => {
    expect(await redisOf(brought("acl"), { username: "cab", prefix: "ward-7/", password })).toEqual({
      host: "redis.example.com",
      port: 6380,
      tls: { roots: "system" },
      isolation: "acl",
      username: "cab",
      prefix: "ward-7/",
      password: { kind: "secret", ref: password },
    });
  });

  it("has a prefix of its own where it names none, and none on a server of its own", async () => {
    expect(await redisOf(brought("prefix"), { password })).toMatchObject({ prefix: "cab:" });
    expect(await redisOf(brought("instance"), { password, prefix: "x" })).not.toHaveProperty("prefix");
  });

  it("is refused without an account, which nobody makes for it", async () => {
    expect(await redisOf(brought("acl"), undefined)).toContain(
      "portolan:tenants.cab.redis\n" +
        "    allowed: the tenant's account and the Secret that holds it, because Portolan makes no accounts on this Redis\n" +
        "    remedy:  add it",
    );
  });

  it("is refused with an account where the platform makes one", async () => {
    const redis = { ...brought("acl"), ...made };
    expect(await redisOf(redis, { password })).toContain(
      "portolan:tenants.cab.redis\n" +
        '    value:   {"password":{"secretName":"mine","key":"redis"}}\n' +
        "    allowed: nothing, on a platform that makes its Redis\n" +
        "    remedy:  leave it out: the platform makes the tenant's own",
    );
  });

  it("is refused where the base has no Redis at all", async () => {
    expect(await redisOf({}, undefined)).toContain(
      "portolan:tenants.cab\n" +
        "    allowed: a tenant whose application needs no Redis: the platform of stack base has none\n" +
        "    remedy:  put it on a base whose own application needs a Redis",
    );
  });

  it("does not guess an isolation that is none", async () => {
    expect(await redisOf(brought("acls"), { password })).toContain("isolation acls in the facts");
  });
});
