/** Accounts that a tenant names where its platform makes them, and those that it lacks on a Redis of the user's own. */
import { describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { checkTogether } from "../../stacks/config.ts";
import { describeOne } from "../../stacks/problems.ts";
import { readParts } from "../../stacks/values.ts";

const platforms = {
  local: { kind: "local" },
  aws: { kind: "aws", region: "us-east-1", lifecycle: "disposable" },
  azure: {
    kind: "azure",
    region: "westeurope",
    cluster: { adminGroupObjectIds: ["11111111-2222-4333-8444-555555555555"] },
  },
  gcp: { kind: "gcp", region: "us-east1", project: "clinic-1" },
} as const;
const clouds = ["aws", "azure", "gcp"] as const;
const kinds = ["local", ...clouds] as const;
type Kind = (typeof kinds)[number];

interface Over {
  readonly platform?: Record<string, unknown>;
  readonly app?: string;
  readonly tenant?: Record<string, unknown>;
}

function mistakes(kind: Kind, { platform, app = "probe", tenant }: Over): string[] {
  const keys = {
    platform: { ...platforms[kind], ...platform },
    app: { name: app, version: "1.0.0" },
    edge: { kind: "traefik", issuer: "x", domain: "portolan.test" },
    tenants: { bhc: { hosts: ["bhc.portolan.test"], ...tenant } },
  };
  const raw = Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]);
  const { parts, problems } = readParts(Object.fromEntries(raw));
  return [...problems, ...checkTogether(parts, apps)].map(describeOne);
}

/** A mistake as it is told. */
function told(key: string, value: unknown, allowed: string, remedy: string): string {
  const shown = value === undefined ? [] : [`    value:   ${JSON.stringify(value)}`];
  return [`  portolan:${key}`, ...shown, `    allowed: ${allowed}`, `    remedy:  ${remedy}`].join("\n");
}

const password = { secretName: "mine", key: "redis" };
const given = {
  database: { name: "bhc", username: "bhc", password },
  redis: { password },
  objectStore: { bucket: "bhc", accessKey: password, secretKey: password },
};
const own = "leave it out: the platform makes the tenant's own";

describe("an account that a tenant names where the platform makes one", () => {
  it.each(kinds)("is refused on %s, whatever the service", (kind) => {
    const namespace = "theirs";
    const noRedis = kind === "local" ? "" : " and no portolan:platform.redis.host";
    expect(mistakes(kind, { tenant: { ...given, namespace } })).toEqual([
      told("tenants.bhc.database", given.database, `nothing, with platform kind ${kind}`, own),
      told("tenants.bhc.redis", given.redis, `nothing, with platform kind ${kind}${noRedis}`, own),
      // Long values are shortened.
      expect.stringMatching(/^ {2}portolan:tenants\.bhc\.objectStore\n.*\n.*nothing, with platform kind/),
    ]);
  });

  it.each(clouds)("is refused on %s for database and store in a cell too", (kind) => {
    const tenant = { database: given.database, objectStore: given.objectStore };
    const cell = { on: "organization/portolan/base" };
    expect(mistakes(kind, { platform: cell, tenant }).length).toBe(2);
  });

  it("is refused of a service that the application does not use", () => {
    const platform = { redis: { host: "redis.mine.example" } };
    expect(mistakes("aws", { platform, app: "orthanc", tenant: { redis: given.redis } })).toEqual([
      told(
        "tenants.bhc.redis",
        given.redis,
        "nothing, with application orthanc, which needs none",
        "leave it out",
      ),
    ]);
  });
});

describe("a tenant on a Redis that the user brings to a cloud", () => {
  const platform = { redis: { host: "redis.mine.example" } };
  const namespace = "theirs";

  it.each(clouds)("names its account on %s, and the namespace of its Secret", (kind) => {
    expect(mistakes(kind, { platform })).toEqual([
      told(
        "tenants.bhc.redis",
        undefined,
        "the tenant's account and the Secret that holds it, because Portolan makes no accounts on this Redis",
        "add it",
      ),
    ]);
    expect(mistakes(kind, { platform, tenant: { redis: given.redis } })).toEqual([
      told(
        "tenants.bhc.namespace",
        undefined,
        "the namespace in which the Secrets you named are",
        "make the namespace and the Secrets first, then name it here; for that, the first `pulumi up` makes the cluster without this tenant",
      ),
    ]);
    expect(mistakes(kind, { platform, tenant: { redis: given.redis, namespace } })).toEqual([]);
  });

  it.each(clouds)("may be kept apart on it in any way on %s", (kind) => {
    for (const isolation of ["instance", "acl", "prefix"]) {
      const redis = { ...platform.redis, isolation };
      expect(mistakes(kind, { platform: { redis }, tenant: { redis: given.redis, namespace } })).toEqual([]);
    }
  });

  it("needs none for an application without Redis", () => {
    expect(mistakes("aws", { platform, app: "orthanc" })).toEqual([]);
  });

  it.each(clouds)("of a cell may be on one: its base on %s knows, and the provider asks it", (kind) => {
    const cell = { on: "organization/portolan/base" };
    expect(mistakes(kind, { platform: cell })).toEqual([]);
    expect(mistakes(kind, { platform: cell, tenant: { redis: given.redis, namespace } })).toEqual([]);
    expect(mistakes(kind, { platform: cell, tenant: { redis: given.redis } })).toEqual([
      told(
        "tenants.bhc.namespace",
        undefined,
        "the namespace in which the Secrets you named are",
        "make the namespace and the Secrets first, then name it here",
      ),
    ]);
  });
});
