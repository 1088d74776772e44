import { expect, it } from "vitest";
import { changeCount } from "../../../ops/pulumi/events.ts";
import type { World } from "../world.ts";

/** A cell: another stack on this one's platform. */
export function cellRules(world: () => World): void {
  it("stands on its base's platform, adds only its tenants' things, and goes without a trace", async () => {
    const { inside, target } = world();
    const namespaces = async () =>
      (await inside.kube.core.listNamespace()).items.map(({ metadata }) => metadata?.name ?? "");
    const [data, marks] = [await world().data(), await world().marks()];
    const cell = await world().another("cell");
    cell.set("platform", ["on"], world().fullName);
    cell.set("tenants", [], {});
    await cell.add("east");
    const before = new Set(await namespaces());
    const { operation } = await cell.upWell("cell-up");
    // What it made is named after its tenant: no server, no network and no issuer of its own.
    expect(operation.custom.filter((urn) => !(urn.split("::").at(-1) ?? "").includes("east"))).toEqual([]);
    expect((await namespaces()).filter((name) => !before.has(name))).toEqual(
      target.keys.made ? [target.namespace("east")] : [],
    );
    expect(await cell.key("east")).not.toBe(await world().key());
    await cell.healthy();
    // Nor does its base take a slug that the cell has, nor another cell, with whatever application.
    await world().add("east");
    const taken = await world().up("slug-of-a-cell");
    expect(taken.ok).toBe(false);
    expect(taken.output).toContain("portolan:tenants.east\n");
    world().set("tenants", ["east"], undefined);
    const destroyed = await cell.destroy("cell-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    expect(await world().data()).toEqual(data);
    expect(await world().marks()).toEqual(marks);
    expect(changeCount((await world().upWell("base-after-cell")).operation)).toBe(0);
    await world().healthy();
  });

  it("cannot take a slug that its base has", async () => {
    const { fullName, target, context } = world();
    const cell = await world().another("thief");
    cell.set("platform", ["on"], fullName);
    cell.set("tenants", [], { bhc: { hosts: [`thief.${world().domain}`] } });
    const run = await cell.up("thief");
    expect(run.ok).toBe(false);
    // By its base's outputs, or by the cluster, which knows the base by its short name. Where tenants bring what they have,
    // this entry lacks it, and that is told first.
    expect(run.output).toMatch(
      target.keys.made
        ? new RegExp(`portolan:tenants\\.bhc\n[^]*on the platform of stack (${fullName}|${context.stack})\n`)
        : /portolan:tenants\.bhc/,
    );
    expect(run.operation.custom).toEqual([]);
  });
}
