/** An application whose chart draws neither routes nor a PodDisruptionBudget. */
import { beforeAll, expect, it } from "vitest";
import type { App } from "../../apps/app.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { notes } from "../foreign/app.ts";
import { run } from "./harness.ts";

const release = "kubernetes:helm.sh/v3:Release";

beforeAll(() => {
  process.env.KUBECONFIG = "/nonexistent";
});

function preview(app: App, over: Record<string, unknown> = {}) {
  const keys: Record<string, unknown> = {
    platform: { kind: "local" },
    app: { name: app.name, version: "0.1.0" },
    edge: { kind: "ingress", className: "outer", issuer: "ca", domain: "portolan.test" },
    tenants: { bhc: { hosts: ["bhc.portolan.test"] } },
    ...over,
  };
  const config = Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]),
  );
  return run(async () => deploy(await readStack({ [app.name]: app })), { preview: true, config });
}

it("gets both beside its release, once that stands", async () => {
  const stack = await preview(notes);
  const { inputs, options } = stack.find(release, "bhc-app-additions");
  expect(inputs).toMatchObject({
    name: "additions",
    chart: "charts/additions",
    values: {
      service: { name: "notes-notes", port: 80, tcp: {} },
      route: {
        kind: "ingress",
        className: "outer",
        hosts: ["bhc.portolan.test"],
        tls: { secretName: "edge-tls" },
      },
      podDisruptionBudget: { podLabels: { app: "notes", release: "notes" } },
    },
  });
  expect(options.dependsOn.map((urn) => urn.split("::").at(-1))).toContain("bhc-app-release");
  expect(options.hooks).toHaveLength(2);
});

it("finds what the chart names after another release", async () => {
  const stack = await preview(notes, { app: { name: "notes", version: "0.1.0", release: "pad" } });
  const { inputs } = stack.find(release, "bhc-app-additions");
  expect(inputs.name).toBe("additions");
  expect(inputs.values).toMatchObject({
    service: { name: "pad-notes" },
    podDisruptionBudget: { podLabels: { release: "pad" } },
  });
});

it("gets no budget, or no route, where the chart has one", async () => {
  const routed = await preview({ ...notes, routes: { by: "chart" } });
  const budget = { podDisruptionBudget: { podLabels: { app: "notes", release: "notes" } } };
  expect(routed.find(release, "bhc-app-additions").inputs.values).toEqual(budget);
  const guarded = await preview({ ...notes, disruptionBudget: { by: "chart" } });
  expect(guarded.find(release, "bhc-app-additions").inputs.values).toMatchObject({
    service: { name: "notes-notes" },
    podDisruptionBudget: { enabled: false },
  });
});

it("gets nothing where the chart has both, nor where the tenant is archived", async () => {
  const names = async (...given: Parameters<typeof preview>) =>
    (await preview(...given)).custom.map(({ name }) => name);
  const whole = await names({ ...notes, routes: { by: "chart" }, disruptionBudget: { by: "chart" } });
  expect(whole).toContain("bhc-app-release");
  expect(whole).not.toContain("bhc-app-additions");
  const tenants = { bhc: { hosts: ["bhc.portolan.test"], state: "archived" } };
  expect(await names(notes, { tenants })).not.toContain("bhc-app-additions");
});

it("may switch its chart's database off itself, which production asks for", async () => {
  const platform = { kind: "local", lifecycle: "production" };
  const chart = { path: "tests/foreign/bundled" };
  await expect(preview({ ...notes, chart }, { platform })).rejects.toThrow("no database inside the release");
  const off: App = { ...notes, chart, values: () => ({ postgresql: { enabled: false } }) };
  expect((await preview(off, { platform })).custom.map(({ name }) => name)).toContain("bhc-app-release");
});

it("names no Secret in its outputs where it has none, and each one where it has", async () => {
  const secretsOf = async (...given: Parameters<typeof preview>) => {
    const { tenants } = (await preview(...given)).result;
    return await new Promise((resolve) => tenants.bhc?.apply(({ secrets }) => resolve(secrets)));
  };
  expect(await secretsOf(notes)).toEqual([]);
  const withDatabase: App = {
    ...notes,
    needs: { database: { engine: "postgres" } },
    secrets: { KEY: { kind: "rotatable", purpose: "a test's" } },
  };
  expect(await secretsOf(withDatabase)).toEqual(["runtime"]);
  const tenants = { bhc: { hosts: ["bhc.portolan.test"], namespace: "theirs", secret: "mine" } };
  const existing = { secrets: { kind: "existing" }, tenants };
  expect(await secretsOf(withDatabase, existing)).toEqual(["mine", "runtime"]);
});

it("is closed in and limited like every tenant, whatever its chart has", async () => {
  const names = (await preview(notes)).custom.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["bhc-network-default", "bhc-quota-total", "bhc-quota-default"]),
  );
});
