import { beforeAll, describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { namespaceProblem, secretProblem } from "../../stacks/clusterChecks.ts";
import { readStack } from "../../stacks/config.ts";
import { droppedProblems } from "../../stacks/droppedTenants.ts";
import { run } from "./harness.ts";

beforeAll(() => {
  process.env.KUBECONFIG = "/nonexistent";
});

const good: Record<string, unknown> = {
  platform: { kind: "local" },
  app: { name: "orthanc", version: "1.10.1" },
  edge: { kind: "traefik", issuer: "sandbox-ca", domain: "portolan.test" },
  tenants: { bhc: { hosts: ["bhc.portolan.test"] } },
};

/** The error of a stack file with these keys in place of good ones. Nothing may have been declared. */
async function errorOf(over: Record<string, unknown>, stackOutputs = {}): Promise<string> {
  const keys = Object.entries({ ...good, ...over }).filter(([, value]) => value !== undefined);
  const config = Object.fromEntries(keys.map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]));
  let message = "";
  const { custom } = await run(
    async () => {
      await readStack(apps).catch((error: Error) => {
        message = error.message;
      });
    },
    { preview: true, config, stackOutputs },
  );
  expect(custom.filter(({ type }) => type !== "pulumi:pulumi:StackReference")).toEqual([]);
  return message;
}

const hosts = (...names: string[]) => ({ hosts: names });

describe("a mistake in a stack file is told with its key, its value, what is allowed and the remedy", () => {
  const table: [string, Record<string, unknown>, string[]][] = [
    [
      "an unknown key of a tenant",
      { tenants: { bhc: { hosts: ["bhc.portolan.test"], sise: "small" } } },
      ["portolan:tenants.bhc.sise", "did you mean `size`?"],
    ],
    ["an unknown key of the stack", { tennants: {} }, ["portolan:tennants", "did you mean `tenants`?"]],
    [
      "an image that nothing here has",
      { images: { postgress: "registry.example.com/postgres:17" } },
      ["portolan:images.postgress", "did you mean `postgres`?"],
    ],
    [
      "an unknown key of the platform",
      { platform: { kind: "local", lifecicle: "production" } },
      ["portolan:platform.lifecicle", "did you mean `lifecycle`?"],
    ],
    [
      "an unknown platform",
      { platform: { kind: "locl" } },
      ["portolan:platform.kind", '"locl"', "local | existing | aws | azure | gcp", "did you mean `local`?"],
    ],
    [
      "a region that its cloud does not have",
      { platform: { kind: "aws", region: "us-esat-1" } },
      ["portolan:platform.region", '"us-esat-1"', "did you mean `us-east-1`?"],
    ],
    [
      "an edge of its own where the platform brings one",
      {
        platform: { kind: "aws", region: "us-east-1" },
        edge: { kind: "ingress", issuer: "x", domain: "portolan.test" },
      },
      ["portolan:edge.kind", '"ingress"', "traefik, which is what a platform that is built brings"],
    ],
    [
      "an authority for an edge that is there already",
      {
        edge: { kind: "traefik", issuer: "x", domain: "portolan.test", acme: { email: "ops@portolan.test" } },
      },
      ["portolan:edge.acme", "its edge is there already"],
    ],
    [
      "an unknown application",
      { app: { name: "orthnac", version: "1" } },
      ["portolan:app.name", '"orthnac"', "orthanc | probe", "did you mean `orthanc`?"],
    ],
    ["a missing version", { app: { name: "orthanc" } }, ["portolan:app.version", "add this key"]],
    [
      "`latest` in production",
      { platform: { kind: "local", lifecycle: "production" }, app: { name: "orthanc", version: "latest" } },
      ["portolan:app.version", '"latest"', "one released version"],
    ],
    [
      "a slug with capitals",
      { tenants: { Bhc: hosts("bhc.portolan.test") } },
      ["portolan:tenants.Bhc", '"Bhc"', "lower-case letters"],
    ],
    [
      "a slug that is too long",
      { tenants: { ["a".repeat(25)]: hosts("bhc.portolan.test") } },
      ["at most 24 characters"],
    ],
    [
      "a reserved slug",
      { tenants: { portolan: hosts("bhc.portolan.test") } },
      ["portolan:tenants.portolan", "not a reserved name"],
    ],
    [
      "two tenants with one host",
      { tenants: { bhc: hosts("a.portolan.test"), mhr: hosts("a.portolan.test") } },
      ["portolan:tenants.mhr.hosts[0]", '"a.portolan.test"', "portolan:tenants.bhc.hosts[0] has it already"],
    ],
    [
      "a host outside the domain",
      { tenants: { bhc: hosts("bhc.example.com") } },
      ["portolan:tenants.bhc.hosts[0]", '"bhc.example.com"', "portolan.test"],
    ],
    [
      "a host that is not one",
      { tenants: { bhc: hosts("https://bhc.portolan.test/") } },
      ["portolan:tenants.bhc.hosts[0]", "a host name in lower case"],
    ],
    [
      "a host that only looks like the domain's",
      { tenants: { bhc: hosts("evilportolan.test") } },
      ["portolan:tenants.bhc.hosts[0]"],
    ],
    ["no host", { tenants: { bhc: { hosts: [] } } }, ["portolan:tenants.bhc.hosts"]],
    [
      "needs that the platform lacks",
      { platform: { kind: "existing", context: "k" }, tenants: {} },
      ["orthanc needs a postgres database", "portolan:platform.database", "portolan:platform.storage.shared"],
    ],
    [
      "a TCP need on an edge without TCP",
      { edge: { kind: "ingress", issuer: "x", domain: "portolan.test" } },
      ["portolan:edge.kind", '"ingress"', "an Ingress carries HTTP only"],
    ],
    [
      "one TCP port for two tenants",
      {
        tenants: {
          bhc: { ...hosts("a.portolan.test"), tcp: { dicom: 11112 } },
          mhr: { ...hosts("b.portolan.test"), tcp: { dicom: 11112 } },
        },
      },
      ["portolan:tenants.mhr.tcp.dicom", "11112", "bhc has 11112", "name another port here: 11113"],
    ],
    [
      "a TCP port outside the edge's",
      { tenants: { bhc: { ...hosts("a.portolan.test"), tcp: { dicom: 4242 } } } },
      ["portolan:tenants.bhc.tcp.dicom", "4242", "11112 to 12111"],
    ],
    [
      "a TCP service nobody has",
      { tenants: { bhc: { ...hosts("a.portolan.test"), tcp: { hl7: 11113 } } } },
      ["portolan:tenants.bhc.tcp.hl7", "dicom"],
    ],
    [
      "existing secrets that are not named",
      { secrets: { kind: "existing" } },
      ["portolan:tenants.bhc.secret", "ORTHANC_PASSWORD"],
    ],
    [
      "secrets of an unknown tenant",
      { tenantSecrets: { bhk: { KEY: "s3cr3t-value" } } },
      ["portolan:tenantSecrets.bhk", "did you mean `bhc`?"],
    ],
    [
      "external secrets without a store",
      { secrets: { kind: "external" } },
      ["portolan:secrets.store", "ClusterSecretStore"],
    ],
    [
      "a chart of a repository without its version",
      { app: { name: "orthanc", version: "1", chart: { repository: "https://charts.example.com" } } },
      ["portolan:app.chart.version", "the chart's version"],
    ],
    [
      "a chart by two references",
      {
        app: { name: "orthanc", version: "1", chart: { path: "charts/orthanc", oci: "oci://example.com/c" } },
      },
      ["portolan:app.chart", "exactly one of path, repository and oci"],
    ],
    [
      "a chart that is missing",
      { app: { name: "orthanc", version: "1", chart: { path: "charts/orthnac" } } },
      ["portolan:app.chart.path", "charts/orthnac", "Chart.yaml"],
    ],
    [
      "a chart with a database of its own, in production",
      {
        platform: { kind: "local", lifecycle: "production" },
        app: { name: "orthanc", version: "1", chart: { path: "tests/foreign/bundled" } },
      },
      [
        "portolan:app.values",
        '"postgresql"',
        "no database inside the release",
        "portolan:app.values: { postgresql: { enabled: false } }",
      ],
    ],
    [
      "a tenant that switches its chart's database on, in production",
      {
        platform: { kind: "local", lifecycle: "production" },
        app: {
          name: "orthanc",
          version: "1",
          chart: { path: "tests/foreign/bundled" },
          values: { postgresql: { enabled: false } },
        },
        tenants: { bhc: { ...hosts("bhc.portolan.test"), values: { postgresql: { enabled: true } } } },
      },
      ["portolan:tenants.bhc.values", '"postgresql"'],
    ],
    [
      "a chart of a registry that nobody can fetch, in production",
      {
        platform: { kind: "local", lifecycle: "production" },
        app: { name: "orthanc", version: "1", chart: { oci: "oci://127.0.0.1:1/orthanc", version: "1.0.0" } },
      },
      [
        "portolan:app.chart",
        '"oci://127.0.0.1:1/orthanc 1.0.0"',
        "one that brings a database is refused",
        "name its folder as `path`",
      ],
    ],
    [
      "an account that is not named",
      { platform: { kind: "existing", context: "k", storage: { shared: "nfs" }, database: { host: "db" } } },
      ["portolan:tenants.bhc.database"],
    ],
  ];
  it.each(table)("%s", async (_name, over, expected) => {
    const message = await errorOf(over);
    for (const part of expected) expect(message).toContain(part);
    expect(message).toContain("nothing was changed");
    expect(message).toMatch(/allowed: .+\n {4}remedy: {2}.+/);
  });

  it("shows every mistake at once", async () => {
    const message = await errorOf({
      app: { name: "orthnac" },
      edge: { kind: "trafik", issuer: "x", domain: "portolan.test" },
      tenants: { BHC: hosts("bhc.portolan.test"), mhr: { hosts: ["mhr.portolan.test"], state: "paused" } },
    });
    for (const key of [
      "portolan:app.version",
      "portolan:edge.kind",
      "portolan:tenants.BHC",
      "portolan:tenants.mhr.state",
    ]) {
      expect(message).toContain(key);
    }
    expect(message).toContain("4 mistakes");
  });

  it("never shows a secret's value", async () => {
    const message = await errorOf({ tenantSecrets: { bhc: { KEY: ["s3cr3t-value"] } } });
    expect(message).toContain("portolan:tenantSecrets.bhc.KEY");
    expect(message).not.toContain("s3cr3t-value");
  });

  it("accepts the good file", async () => {
    expect(await errorOf({})).toBe("");
  });

  it("accepts a chart whose database is switched off, and any chart in a disposable stack", async () => {
    const chart = { path: "tests/foreign/bundled" };
    const app = { name: "orthanc", version: "1", chart };
    const off = { ...app, values: { postgresql: { enabled: false } } };
    expect(await errorOf({ platform: { kind: "local", lifecycle: "production" }, app: off })).toBe("");
    expect(await errorOf({ app })).toBe("");
  });
});

describe("dropping a tenant", () => {
  const before = { self: { tenants: { bhc: { state: "active" }, old: { state: "archived" } } } };

  it("is refused in production, archived or not, before anything is declared", async () => {
    const message = await errorOf({ platform: { kind: "local", lifecycle: "production" } }, before);
    expect(message).toContain("portolan:tenants.old");
    expect(message).toContain("state: archived");
  });

  it("is refused while the stack was production until now", async () => {
    const last = { lifecycle: "production", cluster: { identifier: "x" } };
    const message = await errorOf({}, { self: { ...before.self, platform: last } });
    expect(message).toContain("portolan:tenants.old");
  });

  it("is refused by what the cluster has, where a failed run lost the outputs", () => {
    const last = { tenants: [], disposable: [], lifecycle: undefined };
    expect(droppedProblems(last, ["bhc", "mhr"], ["bhc"], "production").map(({ key }) => key)).toEqual([
      "portolan:tenants.mhr",
    ]);
    expect(droppedProblems(last, ["bhc", "mhr"], ["bhc"], "disposable")).toEqual([]);
  });

  it("is what one does in production once an `up` let that tenant go, and never in the same one", async () => {
    const last = (platform: string, old: string) => ({
      self: {
        platform: { lifecycle: platform, cluster: { identifier: "x" } },
        tenants: { ...before.self.tenants, old: { lifecycle: old } },
      },
    });
    const production = { platform: { kind: "local", lifecycle: "production" } };
    expect(await errorOf(production, last("production", "disposable"))).toBe("");
    expect(await errorOf(production, last("production", "production"))).toContain("portolan:tenants.old");
    // A stack that becomes production in this very run has let nobody go.
    expect(await errorOf(production, last("disposable", "disposable"))).toContain("portolan:tenants.old");
  });

  it("is what one does in a disposable stack", async () => {
    expect(await errorOf({}, before)).toBe("");
  });
});

describe("what the cluster holds already", () => {
  const wanted = { key: "portolan:tenants.bhc.secret", namespace: "bhc", name: "mine", keys: ["A", "B"] };

  it("an existing Secret that is missing, or lacks a key", () => {
    expect(secretProblem(wanted, undefined)?.remedy).toContain("does not exist");
    expect(secretProblem(wanted, ["A"])?.remedy).toContain("it lacks B");
    expect(secretProblem(wanted, ["A", "B"])).toBeUndefined();
  });

  it("a namespace that another stack or somebody else made is not taken over", () => {
    const ours = { "portolan.dev/cell": "local", "portolan.dev/tenant": "bhc" };
    expect(namespaceProblem("bhc", "orthanc-bhc", undefined, "local")).toBeUndefined();
    expect(namespaceProblem("bhc", "orthanc-bhc", ours, "local")).toBeUndefined();
    expect(namespaceProblem("bhc", "orthanc-bhc", ours, "other")?.allowed).toContain(
      "belongs to stack local",
    );
    expect(namespaceProblem("bhc", "orthanc-bhc", {}, "local")?.allowed).toContain(
      "belongs to somebody else",
    );
  });
});
