import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { changeCount } from "../../../ops/pulumi/events.ts";
import type { World } from "../world.ts";

/** A stack with `lifecycle: production`. */
export function productionRules(world: () => World): void {
  let marks: Awaited<ReturnType<World["marks"]>>;

  it("archiving removes the workload and keeps data and keys", async () => {
    const { target, inside } = world();
    world().set("platform", ["lifecycle"], "production");
    for (const setting of target.production) world().set(...setting);
    // Three pods of each tenant must find room on the one node, whatever size the rules before left.
    for (const slug of target.slugs) world().set("tenants", [slug, "size"], "small");
    await world().upWell("production");
    const [data, key] = [await world().data(), await world().key()];
    marks = await world().marks();
    expect(Object.keys(marks)).toContain("bhc");
    world().set("tenants", ["bhc", "state"], "archived");
    await world().upWell("archived");
    const namespace = target.namespace("bhc");
    expect((await inside.kube.apps.listNamespacedDeployment({ namespace })).items).toEqual([]);
    expect(await world().key()).toBe(key);
    expect(await world().data()).toEqual(data);
  });

  it("an archived tenant that is made active again reads its old data with its old key", async () => {
    const key = await world().key();
    world().set("tenants", ["bhc", "state"], undefined);
    await world().upWell("active-again");
    expect(await world().key()).toBe(key);
    expect(await world().marks()).toEqual(marks);
    // One of the checks decrypts what the first start sealed in the database.
    await world().healthy();
  });

  it("dropping a tenant is refused before any change", async () => {
    const { target, context, domain } = world();
    const dropped = target.slugs.at(-1) ?? "";
    const text = readFileSync(context.configFile, "utf8");
    // Another one in its place: nothing is wrong with the file but the missing entry.
    world().set("tenants", ["other"], await target.entry("newcomer", domain));
    world().set("tenants", [dropped], undefined);
    const run = await world().up("dropped");
    expect(run.ok).toBe(false);
    expect(run.output).toContain(`portolan:tenants.${dropped}`);
    expect(changeCount(run.operation)).toBe(0);
    writeFileSync(context.configFile, text);
  });

  it("a tenant goes for good in two steps, with its data, and nothing of the others goes", async () => {
    const { target, inside } = world();
    const slug = "leaver";
    const data = await world().data();
    await world().add(slug);
    // Everything but pods, for which the one node has no room.
    world().set("tenants", [slug, "state"], "archived");
    await world().upWell("leaver");
    world().set("tenants", [slug, "lifecycle"], "disposable");
    const { operation } = await world().upWell("leaver-let-go");
    expect(operation.changed.filter((change) => /^(delete|replace|create)/.test(change))).toEqual([]);
    world().set("tenants", [slug], undefined);
    const gone = await world().upWell("leaver-gone");
    expect(gone.operation.changed.filter((change) => change.startsWith("delete"))).not.toEqual([]);
    const others = gone.operation.changed.filter(
      (change) => !change.startsWith("delete") || !change.split("::").at(-1)?.includes(slug),
    );
    // The stack's own outputs name it no more.
    expect(others).toEqual(others.filter((change) => change.includes("pulumi:pulumi:Stack")));
    expect(await world().data()).toEqual(data);
    const { items } = await inside.kube.core.listNamespace();
    const names = items.map(({ metadata }) => metadata?.name);
    if (target.keys.made) expect(names).not.toContain(target.namespace(slug));
    await world().healthy();
  });

  it("destroy is refused in its preview", async () => {
    const data = await world().data();
    const run = await world().destroy("production-destroy-previewed", { preview: true });
    expect(run.ok).toBe(false);
    expect(await world().data()).toEqual(data);
    expect(changeCount((await world().upWell("production-unchanged")).operation)).toBe(0);
  });

  it("destroy without a preview deletes no data, and the next up brings everything back", async () => {
    const [data, key] = [await world().data(), await world().key()];
    expect(data.length).toBeGreaterThan(0);
    const run = await world().destroy("production-destroy");
    expect(run.ok).toBe(false);
    expect(await world().data()).toEqual(data);
    expect(await world().key()).toBe(key);
    await world().upWell("production-again");
    expect(await world().marks()).toEqual(marks);
    await world().healthy();
  });

  it("is made disposable by one word, without losing data", async () => {
    const data = await world().data();
    world().set("platform", ["lifecycle"], "disposable");
    await world().upWell("disposable-again");
    expect(await world().data()).toEqual(data);
    expect(await world().marks()).toEqual(marks);
    await world().healthy();
  });
}
