import { expect, it } from "vitest";
import { theRun } from "../target.ts";
import type { World } from "../world.ts";

/** A key that must never change, whatever else does. */
export function keyRules(world: () => World): void {
  let key: string;
  let marks: Awaited<ReturnType<World["marks"]>>;

  /** The same key, and what it opened before. */
  const kept = async () => {
    expect(await world().key()).toBe(key);
    expect(await world().marks()).toEqual(marks);
    await world().healthy();
  };

  it("survives another size, other chart values and another image version", async () => {
    key = await world().key();
    marks = await world().marks();
    expect(key.length).toBeGreaterThan(20);
    world().set("tenants", ["bhc", "size"], "medium");
    world().set("app", ["values", "podAnnotations", "portolan.dev/rule"], "upgraded");
    await world().upWell("size-and-values");
    await kept();
  });

  it("survives another name of the release", async () => {
    const { inside, target } = world();
    world().set("app", ["release"], "renamed");
    await world().upWell("renamed");
    const { items } = await inside.kube.apps.listNamespacedDeployment({ namespace: target.namespace("bhc") });
    expect(items.length).toBeGreaterThan(0);
    expect(items.filter(({ metadata }) => !metadata?.name?.startsWith("renamed"))).toEqual([]);
    await kept();
    world().set("app", ["release"], undefined);
    await world().upWell("named-back");
  });

  it("survives a rotation, which changes every password", async () => {
    const namespace = world().target.namespace("bhc");
    const before = await world().secret(namespace, "runtime", "DATABASE_PASSWORD");
    world().set("tenants", ["bhc", "rotation"], "once");
    await world().upWell("rotated");
    expect(await world().secret(namespace, "runtime", "DATABASE_PASSWORD")).not.toBe(before);
    await kept();
  });

  // A Secret of the user's own is the user's to change.
  it.skipIf(theRun().target === "existing")("cannot be overwritten: the API server refuses", async () => {
    const { inside, target } = world();
    const patch = JSON.stringify({ stringData: { APP_KEY: "another" } });
    const where = ["-n", target.namespace("bhc"), "patch", "secret", target.keys.secret];
    await expect(inside.kube.kubectl([...where, "--patch", patch])).rejects.toThrow(/immutable/);
  });
}
