/** Keys that come from outside: names, mistakes, what is declared, and the wait for them. */
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { apps } from "../../apps/index.ts";
import { probe } from "../../apps/probe.ts";
import { type ExternalSecretState, type KeyWait, waitForKeys } from "../../components/externalKeys.ts";
import { secretNameOf } from "../../providers/secretNames.ts";
import { checkStore } from "../../stacks/clusterChecks.ts";
import { checkTogether, readStack } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { stateOf } from "../../stacks/externalSecrets.ts";
import { readParts } from "../../stacks/values.ts";
import { run } from "./harness.ts";

describe("the name of a tenant's secret", () => {
  const owner = { stack: "us-prod", app: "probe", slug: "acme" };
  it.each([
    ["aws", owner, "portolan-external/us-prod/probe/acme"],
    ["azure", owner, "probe-acme"],
    ["gcp", owner, "portolan-external-us-prod_probe_acme"],
    ["gcp", { ...owner, stack: "us_prod.1" }, "portolan-external-us__prod_-1_probe_acme"],
    ["existing", owner, "us-prod/probe/acme"],
    ["local", owner, "us-prod/probe/acme"],
  ] as const)("on %s of %o is %s", (target, who, name) => {
    expect(secretNameOf(target, who)).toBe(name);
  });

  const stack = fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/);
  const app = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
  const slug = fc.stringMatching(/^[a-z][a-z0-9-]{0,22}[a-z0-9]$/);
  const owners = fc.record({ stack, app, slug });

  it("is one that the service takes, and never another tenant's", () => {
    const taken = { aws: /^[\w/+=.@-]{1,512}$/, azure: /^[A-Za-z0-9-]{1,127}$/, gcp: /^[\w-]{1,255}$/ };
    fc.assert(
      fc.property(owners, owners, (one, other) => {
        for (const target of ["aws", "gcp"] as const) {
          expect(secretNameOf(target, one)).toMatch(taken[target]);
          const same = JSON.stringify(one) === JSON.stringify(other);
          expect(secretNameOf(target, one) === secretNameOf(target, other)).toBe(same);
        }
        expect(secretNameOf("azure", one)).toMatch(taken.azure);
      }),
    );
  });

  it("is never one of the escrow's", () => {
    fc.assert(
      fc.property(owners, (one) => {
        expect(secretNameOf("aws", one)).not.toMatch(/^portolan\//);
      }),
    );
  });
});

const edge = { kind: "traefik", issuer: "sandbox-ca", domain: "portolan.test", address: "10.99.0.1" };
const external = { kind: "external", store: { name: "vault" } };

function config(over: Record<string, unknown> = {}): Record<string, string> {
  const keys: Record<string, unknown> = {
    platform: { kind: "local" },
    app: { name: "probe", version: "0.1.0" },
    edge,
    secrets: external,
    tenants: {
      bhc: { hosts: ["bhc.portolan.test"] },
      mhr: { hosts: ["mhr.portolan.test"], secret: "ward/mhr" },
    },
    ...over,
  };
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]),
  );
}

function mistakes(over: Record<string, unknown>): string[] {
  const { parts, problems } = readParts(config(over));
  return [...problems, ...checkTogether(parts, apps)].map(({ key, remedy }) => `${key}: ${remedy}`);
}

describe("a stack file", () => {
  const aws = { kind: "aws", region: "us-east-1", lifecycle: "disposable" };
  const gcp = { kind: "gcp", project: "example-1", region: "us-central1", lifecycle: "disposable" };
  const tenant = (more: Record<string, unknown>) => ({ bhc: { hosts: ["bhc.portolan.test"], ...more } });

  it("that names a store is in order, and so is one on a cloud that names none", () => {
    expect(mistakes({})).toEqual([]);
    expect(mistakes({ platform: aws, secrets: { kind: "external" }, tenants: tenant({}) })).toEqual([]);
  });

  it.each([
    [
      "names no store where no operator is brought",
      { secrets: { kind: "external" } },
      "portolan:secrets.store",
    ],
    [
      "names a SecretStore and no namespace that it is in",
      { secrets: { kind: "external", store: { kind: "SecretStore", name: "s" } }, tenants: tenant({}) },
      "portolan:tenants.bhc.namespace",
    ],
    [
      "names a store for keys that Portolan makes",
      { secrets: { store: { name: "s" } } },
      "portolan:secrets.store",
    ],
    [
      "says how often for none",
      { secrets: { kind: "generated", refresh: "1m" } },
      "portolan:secrets.refresh",
    ],
    [
      "says how often in other words",
      { secrets: { ...external, refresh: "hourly" } },
      "portolan:secrets.refresh",
    ],
    [
      "has values beside those of the manager",
      { tenantSecrets: { bhc: { APP_KEY: "value" } } },
      "portolan:tenantSecrets.bhc.APP_KEY",
    ],
    [
      "names a secret as its cloud does not",
      { platform: gcp, secrets: { kind: "external" }, tenants: tenant({ secret: "a/b" }) },
      "portolan:tenants.bhc.secret",
    ],
    [
      "names a secret by a pattern",
      { platform: aws, secrets: { kind: "external" }, tenants: tenant({ secret: "portolan-external/*" }) },
      "portolan:tenants.bhc.secret",
    ],
  ])("that %s is told", (_what, over, key) => {
    expect(mistakes(over).filter((one) => one.startsWith(`${key}:`))).toHaveLength(1);
  });

  it("never shows a value that should not be there", () => {
    expect(JSON.stringify(mistakes({ tenantSecrets: { bhc: { APP_KEY: "hidden" } } }))).not.toContain(
      "hidden",
    );
  });
});

describe("a stack with a store of the user's own", () => {
  let stack: Awaited<ReturnType<typeof preview>>;
  function preview(over: Record<string, unknown> = {}) {
    return run(async () => deploy(await readStack(apps)), {
      preview: true,
      stack: "local",
      config: config(over),
    });
  }
  beforeAll(async () => {
    process.env.KUBECONFIG = "/nonexistent";
    stack = await preview();
  }, 60_000);
  const type = "kubernetes:external-secrets.io/v1:ExternalSecret";
  const release = "kubernetes:helm.sh/v3:Release";

  it("asks for each key of the application by name, and for nothing else of the secret", () => {
    expect(stack.find(type, "bhc-keys").inputs).toMatchObject({
      metadata: { name: "keys", namespace: "probe-bhc" },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: "vault" },
        target: { name: "keys", creationPolicy: "Owner", deletionPolicy: "Retain" },
        data: [{ secretKey: "APP_KEY", remoteRef: { key: "local/probe/bhc", property: "APP_KEY" } }],
      },
    });
    expect(stack.find(type, "mhr-keys").inputs).toMatchObject({
      spec: { data: [{ remoteRef: { key: "ward/mhr" } }] },
    });
  });

  it("keeps what Portolan makes in the Secret that Portolan makes, and no key of the application's", () => {
    const { stringData } = stack.find("kubernetes:core/v1:Secret", "bhc-secret-secret").inputs;
    expect(JSON.stringify(stringData)).toContain("DATABASE_PASSWORD");
    expect(JSON.stringify(stringData)).not.toContain("APP_KEY");
    expect(stack.custom.filter(({ name }) => name.includes("write-once"))).toEqual([]);
    expect(JSON.stringify(stack.find(release, "bhc-app-release").inputs)).toContain(
      '"existingSecret":"keys"',
    );
  });

  it("starts the release behind the keys: one more hook, before creation and before each update", () => {
    const { options } = stack.find(release, "bhc-app-release");
    expect(options.dependsOn).toContain(stack.find(type, "bhc-keys").urn);
    expect(options.hooks).toHaveLength(4);
  });

  it("rolls pods when other keys or another secret are asked for", async () => {
    const revision = (one: typeof stack) =>
      JSON.stringify(one.find(release, "bhc-app-release").inputs).match(
        /"[^"]*[rR]evision[^"]*":"([0-9a-f]{16})"/,
      )?.[1];
    const tenants = { bhc: { hosts: ["bhc.portolan.test"], secret: "another" } };
    const other = await preview({ tenants });
    expect(revision(stack)).toBeDefined();
    expect(revision(other)).not.toBe(revision(stack));
    const often = await preview({ secrets: { ...external, refresh: "5m" } });
    expect(revision(often)).toBe(revision(stack));
  });

  it("an archived tenant keeps its keys", async () => {
    const tenants = { bhc: { hosts: ["bhc.portolan.test"], state: "archived" } };
    const archived = await preview({ tenants });
    expect(archived.custom.some(({ name }) => name === "bhc-keys")).toBe(true);
    expect(archived.custom.some(({ name }) => name === "bhc-app-release")).toBe(false);
  });
});

describe("a store is asked for before anything is made", () => {
  const store = { kind: "ClusterSecretStore", name: "vault" } as const;
  it.each([
    ["no operator" as const, /has no External Secrets/],
    [undefined, /does not exist/],
    [
      { isReady: false, why: "InvalidProviderConfig: no such role" },
      /not ready: InvalidProviderConfig: no such role/,
    ],
  ])("and %o is told", async (found, remedy) => {
    const problems = await checkStore({ secretStore: async () => found }, store, {});
    expect(problems).toHaveLength(1);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  it("and a ready one is in order", async () => {
    const ready = { isReady: true, why: "Valid" };
    expect(await checkStore({ secretStore: async () => ready }, store, {})).toEqual([]);
  });
});

describe("what an ExternalSecret says", () => {
  const of = (generation: number, synced: string, ready: string) => ({
    metadata: { generation },
    status: {
      syncedResourceVersion: synced,
      conditions: [
        {
          type: "Ready",
          status: ready,
          reason: "SecretSyncedError",
          message: "could not get secret data from provider",
        },
      ],
    },
  });

  it.each([
    ["ready", of(2, "2-abc", "True"), { isReady: true, why: "" }],
    ["ready for what it was before", of(2, "1-abc", "True"), { isReady: false, why: "" }],
    ["ready for an older one with a like number", of(1, "12-abc", "True"), { isReady: false, why: "" }],
    ["not looked at yet", { metadata: { generation: 1 } }, { isReady: false, why: "" }],
    ["not there", undefined, { isReady: false, why: "" }],
    [
      "failed",
      of(1, "", "False"),
      { isReady: false, why: "SecretSyncedError: could not get secret data from provider" },
    ],
  ])("%s", (_what, object, state) => {
    expect(stateOf(object, [])).toEqual(state);
  });

  it("failed, in the words of the newest event", () => {
    const events = [
      { at: 1, message: "older" },
      { at: 3, message: "key APP_KEY does not exist in secret probe-acme" },
      { at: 2, message: "old" },
    ];
    expect(stateOf(of(1, "", "False"), events).why).toBe("key APP_KEY does not exist in secret probe-acme");
  });
});

describe("the wait for keys", () => {
  const waiting = (
    states: readonly ExternalSecretState[],
    timeout = 60,
  ): KeyWait & { again: () => number } => {
    let at = 0;
    let again = 0;
    return {
      slug: "acme",
      namespace: "probe-acme",
      secret: "portolan-external/us-prod/probe/acme",
      keys: Object.keys(probe.secrets),
      timeout,
      pauses: { look: 1, nudge: 0 },
      reader: {
        externalSecret: async () => states[Math.min(at++, states.length - 1)] ?? { isReady: false, why: "" },
        readAgain: async () => {
          again += 1;
        },
      },
      again: () => again,
    };
  };
  const missing = { isReady: false, why: "key APP_KEY does not exist in secret x" };

  it("ends when they are there, with no word and no wish", async () => {
    const warn = vi.fn(async () => {});
    const wait = waiting([
      { isReady: false, why: "" },
      { isReady: true, why: "" },
    ]);
    await waitForKeys(wait, warn);
    expect(warn).not.toHaveBeenCalled();
    expect(wait.again()).toBe(0);
  });

  it("says once what is in the way, and has it read again", async () => {
    const warn = vi.fn(async () => {});
    const wait = waiting([missing, missing, missing, { isReady: true, why: "" }]);
    await waitForKeys(wait, warn);
    expect(warn.mock.calls).toEqual([
      ["tenant acme waits for its keys: key APP_KEY does not exist in secret x"],
    ]);
    expect(wait.again()).toBe(3);
  });

  it("ends in an error that names the key of the stack file, the secret, its keys and the reason", async () => {
    const failed = waitForKeys(waiting([missing], 0), async () => {});
    await expect(failed).rejects.toThrow(
      /portolan:tenants\.acme\.secret\n.*portolan-external\/us-prod\/probe\/acme.*\n.*APP_KEY\n.*key APP_KEY does not exist in secret x/,
    );
  });

  it("says so where nothing ever looked", async () => {
    const failed = waitForKeys(waiting([{ isReady: false, why: "" }], 0), async () => {});
    await expect(failed).rejects.toThrow(/has not looked at it within 0 s/);
  });
});
