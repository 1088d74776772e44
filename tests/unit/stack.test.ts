import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy, type StackOutputs } from "../../stacks/deploy.ts";
import { type Run, run } from "./harness.ts";

const edge = { kind: "traefik", issuer: "sandbox-ca", domain: "portolan.test", address: "10.99.0.1" };

function config(over: Record<string, unknown> = {}): Record<string, string> {
  const keys: Record<string, unknown> = {
    platform: { kind: "local" },
    app: { name: "orthanc", version: "1.10.1" },
    edge,
    tenants: { bhc: { hosts: ["bhc.portolan.test"] }, mhr: { hosts: ["mhr.portolan.test"] } },
    ...over,
  };
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]),
  );
}

function preview(over: Record<string, unknown> = {}) {
  return run(async () => deploy(await readStack(apps)), {
    preview: true,
    stack: "local",
    config: config(over),
  });
}

/** Answers at once what is known in a preview; JSON, as another stack would read it. */
async function outputOf<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  const known = await new Promise<unknown>((resolve) => output.apply((value) => resolve(value)));
  return JSON.parse(JSON.stringify(known));
}

beforeAll(() => {
  process.env.KUBECONFIG = "/nonexistent";
});

const release = "kubernetes:helm.sh/v3:Release";

describe("a local stack of Orthanc", () => {
  let stack: Run<StackOutputs>;
  beforeAll(async () => {
    stack = await preview();
  });

  it("says that nothing stays: there is no cloud to keep anything", async () => {
    expect((await outputOf(stack.result.platform)).retained).toEqual([]);
  });

  it("makes at most 15 custom resources for a tenant", () => {
    const ofTenant = stack.custom.filter(({ urn }) => urn.includes("::bhc-"));
    expect(ofTenant.length).toBeLessThanOrEqual(15);
    expect(ofTenant.length).toBeGreaterThan(8);
  });

  it("gives every Kubernetes resource the platform's own provider", () => {
    const strays = stack.custom.filter(
      ({ type, options }) => type.startsWith("kubernetes:") && !options.provider.includes("platform-cluster"),
    );
    expect(strays).toEqual([]);
  });

  it("changes Secrets and ConfigMaps in place, and takes over what an earlier run left", () => {
    expect(stack.find("pulumi:providers:kubernetes", "platform-cluster").inputs).toMatchObject({
      enableSecretMutable: "true",
      enableConfigMapMutable: "true",
      upsertExistingObjects: "true",
      enablePatchForce: "true",
    });
  });

  it("protects nothing in a disposable stack, so that one plain destroy removes all of it", () => {
    expect(stack.resources.filter(({ options }) => options.protect || options.retainOnDelete)).toEqual([]);
  });

  it("mends every release before it is installed or upgraded, and has no delete hook, with which a plain destroy would fail", () => {
    const releases = stack.custom.filter(({ type }) => type === release);
    expect(releases.map(({ name }) => name)).toContain("local-postgres");
    for (const { name, options } of releases) {
      expect(options.hooks, name).toEqual(["repair-before-install", "repair-before-upgrade"]);
    }
  });

  it("installs the application after its database account, secret, roots and certificate", () => {
    const { dependsOn } = stack.find(release, "bhc-app-release").options;
    const names = [
      "bhc-database-release",
      "bhc-secret-secret",
      "bhc-roots",
      "bhc-edge-certificate",
      "bhc-network-default",
      "bhc-quota-total",
      "bhc-network-default",
      "bhc-quota-total",
    ];
    for (const name of names)
      expect(
        dependsOn.some((urn) => urn.endsWith(`::${name}`)),
        name,
      ).toBe(true);
  });

  it("tells the chart names of Secrets, never a value", () => {
    const values = JSON.stringify(stack.find(release, "bhc-app-release").inputs.values);
    expect(values).toContain('"existingSecret":"runtime"');
    expect(values).not.toContain("random-");
    expect(values).not.toContain("BEGIN");
  });
});

describe("a tenant", () => {
  const dependsOn = (stack: Awaited<ReturnType<typeof preview>>, type: string, name: string) =>
    stack.find(type, name).options.dependsOn.map((urn) => urn.split("::").at(-1));

  it("has a volume that goes before what would delete it", async () => {
    const claim = "kubernetes:core/v1:PersistentVolumeClaim";
    expect(dependsOn(await preview(), claim, "bhc-data")).toContain("local-postgres");
  });

  it("waits for the platform in a namespace that it names, as in its own", async () => {
    const bhc = { hosts: ["bhc.portolan.test"], namespace: "ward" };
    const stack = await preview({ tenants: { bhc } });
    expect(stack.custom.filter(({ name }) => name === "bhc-namespace")).toEqual([]);
    for (const [type, name] of [
      ["kubernetes:core/v1:Secret", "bhc-secret-secret"],
      ["kubernetes:cert-manager.io/v1:Certificate", "bhc-edge-certificate"],
      ["kubernetes:core/v1:ResourceQuota", "bhc-quota-total"],
    ] as const)
      expect(dependsOn(stack, type, name), name).toContain("local-postgres");
  });
});

describe("a cell", () => {
  it("whose application shares volumes is refused on a base that has none", async () => {
    const base = await outputOf((await preview()).result.platform);
    const name = "organization/portolan/base";
    const without = { ...base, storage: { ...base.storage, shared: null } };
    const cell = run(async () => deploy(await readStack(apps)), {
      preview: true,
      stack: "cell",
      config: config({
        platform: { kind: "local", on: name },
        tenants: { cab: { hosts: ["cab.portolan.test"] } },
      }),
      stackOutputs: { [name]: { platform: without, tenants: {} } },
    });
    await expect(cell).rejects.toThrow(
      /portolan:app\.name\n.*"orthanc"\n.*shares no volumes: the platform of stack organization\/portolan\/base has none/,
    );
  });

  it("says what stays of itself, not of its base", async () => {
    const base = await outputOf((await preview()).result.platform);
    const name = "organization/portolan/base";
    const cell = await run(async () => deploy(await readStack(apps)), {
      preview: true,
      stack: "cell",
      config: config({
        platform: { kind: "local", on: name },
        tenants: { cab: { hosts: ["cab.portolan.test"] } },
      }),
      stackOutputs: { [name]: { platform: { ...base, retained: ["the base's key"] }, tenants: {} } },
    });
    const { stack, retained } = await outputOf(cell.result.platform);
    expect([stack, retained]).toEqual(["local", []]);
  });
});

describe("a production stack", () => {
  it("protects what holds data: namespace, volume and database account", async () => {
    const stack = await preview({ platform: { kind: "local", lifecycle: "production" } });
    const isProtected = stack.custom.filter(({ options }) => options.protect).map(({ name }) => name);
    expect(isProtected).toEqual(
      expect.arrayContaining(["bhc-namespace", "bhc-data", "bhc-database-release", "local-postgres"]),
    );
    expect(isProtected).not.toContain("bhc-app-release");
    // Protection would block the replacement that a rotation is.
    expect(isProtected).not.toContain("bhc-credentials-seed");
  });

  it("scales by load from 3 to 10, where a disposable one runs one pod", async () => {
    const valuesOf = async (lifecycle: string) =>
      (await preview({ platform: { kind: "local", lifecycle } })).find(release, "bhc-app-release").inputs
        .values;
    expect(await valuesOf("production")).toMatchObject({
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 10 },
    });
    expect(await valuesOf("disposable")).toMatchObject({ autoscaling: { enabled: false }, replicaCount: 1 });
  });

  it("never drops the database of a tenant that goes", async () => {
    const stack = await preview({ platform: { kind: "local", lifecycle: "production" } });
    expect(stack.find(release, "bhc-database-release").inputs.values).toMatchObject({ dropOnDelete: false });
  });
});

describe("the state of a tenant", () => {
  const withState = (state: string) =>
    preview({
      tenants: { bhc: { hosts: ["bhc.portolan.test"], state }, mhr: { hosts: ["mhr.portolan.test"] } },
    });

  it("suspended: scaled to zero, everything else as before", async () => {
    const stack = await withState("suspended");
    expect(stack.find(release, "bhc-app-release").inputs.values).toMatchObject({ replicaCount: 0 });
    expect(stack.find("kubernetes:core/v1:PersistentVolumeClaim", "bhc-data")).toBeDefined();
  });

  it("archived: the workload and its certificate go; namespace, volume, database and keys stay declared", async () => {
    const stack = await withState("archived");
    const names = stack.custom.map(({ name }) => name).filter((name) => name.startsWith("bhc-"));
    expect(names).not.toContain("bhc-app-release");
    expect(names).not.toContain("bhc-edge-certificate");
    expect(names).toEqual(
      expect.arrayContaining([
        "bhc-namespace",
        "bhc-data",
        "bhc-database-release",
        "bhc-secret-secret",
        "bhc-credentials-seed",
      ]),
    );
  });
});
