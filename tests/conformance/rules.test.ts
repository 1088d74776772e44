/** The same rules for every platform. Each `it` is one; they run in order, on one stack of the probe. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeCount } from "../../ops/pulumi/events.ts";
import { openWorld, targetOfRun, type World } from "./world.ts";

let world: World;
let key: string;

const keyOf = (namespace = "probe-bhc") => world.secret(namespace, "write-once-keys", "APP_KEY");

async function names(kind: "pods" | "deployments", namespace: string): Promise<string[]> {
  const { items } =
    kind === "pods"
      ? await world.inside.kube.core.listNamespacedPod({ namespace })
      : await world.inside.kube.apps.listNamespacedDeployment({ namespace });
  return items.map(({ metadata }) => metadata?.name ?? "");
}

beforeAll(async () => {
  world = await openWorld();
  await world.upWell("first");
  key = await keyOf();
}, 600_000);

afterAll(async () => {
  await world.close();
});

describe("a stack that is up", () => {
  it("has the probe healthy on every binding, with TLS verified", () => world.healthy());

  it("changes nothing at a second up", async () => {
    expect(changeCount((await world.upWell("second")).operation)).toBe(0);
  });
});

describe("a write-once key", () => {
  it("survives another size, other chart values and another image version", async () => {
    world.set("tenants", ["bhc", "size"], "medium");
    world.set("app", ["values", "podAnnotations", "portolan.dev/rule"], "upgraded");
    await world.upWell("size-and-values");
    expect(await keyOf()).toBe(key);
    await world.healthy();
  });

  it("survives another name of the release", async () => {
    world.set("app", ["release"], "renamed");
    await world.upWell("renamed");
    expect(await keyOf()).toBe(key);
    expect((await names("deployments", "probe-bhc")).every((name) => name.startsWith("renamed"))).toBe(true);
    await world.healthy();
    world.set("app", ["release"], undefined);
    await world.upWell("named-back");
  });

  it("survives a rotation, which changes every password", async () => {
    const before = await world.secret("probe-bhc", "runtime", "DATABASE_PASSWORD");
    world.set("tenants", ["bhc", "rotation"], "once");
    await world.upWell("rotated");
    expect(await world.secret("probe-bhc", "runtime", "DATABASE_PASSWORD")).not.toBe(before);
    expect(await keyOf()).toBe(key);
    await world.healthy();
  });

  it("cannot be overwritten in the cluster: the API server refuses", async () => {
    const patch = JSON.stringify({ stringData: { APP_KEY: "another" } });
    await expect(
      world.inside.kube.kubectl(["-n", "probe-bhc", "patch", "secret", "write-once-keys", "--patch", patch]),
    ).rejects.toThrow(/immutable/);
  });
});

describe("the state of a tenant", () => {
  it("suspended: no pods, and everything else there", async () => {
    world.set("tenants", ["bhc", "state"], "suspended");
    await world.upWell("suspended");
    await expect.poll(() => names("pods", "probe-bhc"), { timeout: 90_000, interval: 1000 }).toEqual([]);
    expect(await names("deployments", "probe-bhc")).not.toEqual([]);
  });

  it("archived: the workload is gone, data and keys are kept", async () => {
    world.set("tenants", ["bhc", "state"], "archived");
    await world.upWell("archived");
    expect(await names("deployments", "probe-bhc")).toEqual([]);
    expect(await keyOf()).toBe(key);
  });

  it("active again: reads the old data with the old key", async () => {
    world.set("tenants", ["bhc", "state"], undefined);
    await world.upWell("active-again");
    expect(await keyOf()).toBe(key);
    await world.healthy();
  });
});

describe("a run that went wrong", () => {
  it("a release left pending by an interrupted run is mended before the next upgrade, and said", async () => {
    const { kube } = world.inside;
    const { items } = await kube.core.listNamespacedSecret({
      namespace: "probe-bhc",
      labelSelector: "owner=helm,name=probe",
    });
    const latest = items.toSorted(
      (a, b) => Number(b.metadata?.labels?.version) - Number(a.metadata?.labels?.version),
    )[0];
    // What an upgrade that was killed leaves: the next revision, pending.
    const revision = Number(latest?.metadata?.labels?.version) + 1;
    await kube.core.createNamespacedSecret({
      namespace: "probe-bhc",
      body: {
        type: "helm.sh/release.v1",
        metadata: {
          name: `sh.helm.release.v1.probe.v${revision}`,
          labels: { ...latest?.metadata?.labels, version: String(revision), status: "pending-upgrade" },
        },
        data: latest?.data ?? {},
      },
    });
    world.set("app", ["values", "podAnnotations", "portolan.dev/rule"], "mended");
    const run = await world.upWell("mended");
    expect(run.operation.warnings.join("\n")).toContain(`revision ${revision} was left pending-upgrade`);
    await world.healthy();
  });

  // What a cloud holds is known by the state alone: without it, another up would make it a second time.
  it.runIf(targetOfRun() === "local")(
    "a lost state loses nothing: the next up takes over what is there, with the old keys",
    async () => {
      await world.loseState();
      await world.upWell("state-lost");
      expect(await keyOf()).toBe(key);
      await world.healthy();
      expect(changeCount((await world.upWell("state-lost-second")).operation)).toBe(0);
    },
  );
});

describe("a cell", () => {
  it("stands on its base's platform, adds only its tenants' things, and goes without a trace", async () => {
    const cell = await world.another("cell");
    cell.set("platform", ["on"], world.fullName);
    cell.set("tenants", [], { east: { hosts: [`east.${world.domain}`] } });
    await cell.upWell("cell-up");
    expect(await cell.secret("probe-east", "write-once-keys", "APP_KEY")).not.toBe(key);
    await cell.healthy();
    const destroyed = await cell.destroy("cell-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    expect(changeCount((await world.upWell("base-after-cell")).operation)).toBe(0);
    await world.healthy();
  });

  it("cannot take a slug that its base has", async () => {
    const cell = await world.another("thief");
    cell.set("platform", ["on"], world.fullName);
    cell.set("tenants", [], { bhc: { hosts: [`thief.${world.domain}`] } });
    const run = await cell.up("thief");
    expect(run.ok).toBe(false);
    expect(run.output).toMatch(
      new RegExp(
        `probe-bhc belongs to stack ${world.inside.context.stack}|a slug that stack ${world.fullName} does`,
      ),
    );
    expect(run.operation.custom).toEqual([]);
  });
});

describe("a chart that does not render", () => {
  it("fails in the preview, with the chart's own words, and nothing is made", async () => {
    world.set("tenants", ["bhc", "values", "replicaCount"], "many");
    const run = await world.preview("not-rendered");
    expect(run.ok).toBe(false);
    expect(run.output).toMatch(/replicaCount/);
    world.set("tenants", ["bhc", "values"], undefined);
    expect(changeCount((await world.upWell("rendered-again")).operation)).toBe(0);
  });
});

describe("in production", () => {
  it("dropping a tenant is refused before any change", async () => {
    world.set("platform", ["lifecycle"], "production");
    // What production asks for besides, where a disposable stack does without.
    if (targetOfRun() === "aws")
      world.set("platform", ["cluster", "adminRoles"], ["arn:aws:iam::111122223333:role/portolan-deploy"]);
    await world.upWell("production");
    world.set("tenants", ["mhr"], undefined);
    const run = await world.up("dropped");
    expect(run.ok).toBe(false);
    expect(run.output).toContain("portolan:tenants.mhr");
    expect(changeCount(run.operation)).toBe(0);
  });

  it("destroy, also without a preview, deletes no data", async () => {
    const data = await world.data();
    expect(data.length).toBeGreaterThan(0);
    const run = await world.destroy("production-destroy");
    expect(run.ok).toBe(false);
    expect(await world.data()).toEqual(data);
    expect(await keyOf()).toBe(key);
    world.set("tenants", ["mhr"], { hosts: [`mhr.${world.domain}`] });
    await world.upWell("production-again");
    await world.healthy();
  });
});

describe("the end", () => {
  it("a disposable destroy leaves nothing", async () => {
    world.set("platform", ["lifecycle"], "disposable");
    await world.upWell("disposable-again");
    const run = await world.destroy("destroy");
    expect(run.ok, run.output).toBe(true);
    const { items } = await world.inside.kube.core.listNamespace();
    expect(
      items.filter(({ metadata }) => metadata?.labels?.["app.kubernetes.io/managed-by"] === "portolan"),
    ).toEqual([]);
    expect(await world.data()).toEqual([]);
    expect(world.cloud().living).toEqual([]);
    expect(world.cloud().duplicates).toEqual([]);
  }, 300_000);
});
