import { expect, it } from "vitest";
import { holdsData } from "../../../ops/holdsData.ts";
import { changeCount } from "../../../ops/pulumi/events.ts";
import { theRun } from "../target.ts";
import type { World } from "../world.ts";

/** Changes of the stack itself, and runs that went wrong. */
export function runRules(world: () => World): void {
  it("a larger platform replaces nothing that holds data, and loses none", async () => {
    const data = await world().data();
    const [key, marks] = [await world().key(), await world().marks()];
    world().set("platform", ["size"], "medium");
    const { operation } = await world().upWell("larger");
    const replaced = operation.changed.filter((change) => /replace|^delete/.test(change));
    expect(replaced.filter((change) => holdsData(change))).toEqual([]);
    expect(await world().data()).toEqual(data);
    expect(await world().key()).toBe(key);
    expect(await world().marks()).toEqual(marks);
    await world().healthy();
  });

  it("suspended: no pods, and everything else there", async () => {
    const { inside, target } = world();
    const namespace = target.namespace("bhc");
    const [data, marks] = [await world().data(), await world().marks()];
    world().set("tenants", ["bhc", "state"], "suspended");
    await world().upWell("suspended");
    const pods = async () => (await inside.kube.core.listNamespacedPod({ namespace })).items.length;
    await expect.poll(pods, { timeout: 90_000, interval: 1000 }).toBe(0);
    expect((await inside.kube.apps.listNamespacedDeployment({ namespace })).items.length).toBeGreaterThan(0);
    expect(await world().data()).toEqual(data);
    world().set("tenants", ["bhc", "state"], undefined);
    await world().upWell("resumed");
    expect(await world().marks()).toEqual(marks);
  });

  it("a release left pending by an interrupted run is mended before the next upgrade, and said", async () => {
    const { inside, target } = world();
    const namespace = target.namespace("bhc");
    const { items } = await inside.kube.core.listNamespacedSecret({
      namespace,
      labelSelector: "owner=helm,name=probe",
    });
    const latest = items.toSorted(
      (a, b) => Number(b.metadata?.labels?.version) - Number(a.metadata?.labels?.version),
    )[0];
    // What an upgrade that was killed leaves: the next revision, pending.
    const revision = Number(latest?.metadata?.labels?.version) + 1;
    await inside.kube.core.createNamespacedSecret({
      namespace,
      body: {
        type: "helm.sh/release.v1",
        metadata: {
          name: `sh.helm.release.v1.probe.v${revision}`,
          labels: { ...latest?.metadata?.labels, version: String(revision), status: "pending-upgrade" },
        },
        data: latest?.data ?? {},
      },
    });
    world().set("app", ["values", "podAnnotations", "portolan.dev/rule"], "mended");
    const run = await world().upWell("mended");
    expect(run.operation.warnings.join("\n")).toContain(`revision ${revision} was left pending-upgrade`);
    await world().healthy();
  });

  // What a cloud holds is known by the state alone: without it, another up would make it a second time.
  const found = it.runIf(theRun().rehearsal === null);
  found("a lost state loses nothing: the next up takes over what is there, with the old keys", async () => {
    const [data, key, marks] = [await world().data(), await world().key(), await world().marks()];
    await world().loseState();
    await world().upWell("state-lost");
    expect(await world().key()).toBe(key);
    expect(await world().data()).toEqual(data);
    expect(await world().marks()).toEqual(marks);
    await world().healthy();
    expect(changeCount((await world().upWell("state-lost-second")).operation)).toBe(0);
  });

  it("a chart that does not render fails in the preview, with its own words, and nothing is made", async () => {
    world().set("tenants", ["bhc", "values", "replicaCount"], "many");
    const run = await world().preview("not-rendered");
    expect(run.ok).toBe(false);
    expect(run.output).toMatch(/replicaCount/);
    world().set("tenants", ["bhc", "values"], undefined);
    expect(changeCount((await world().upWell("rendered-again")).operation)).toBe(0);
  });
}
