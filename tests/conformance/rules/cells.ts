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
    expect(run.output).toMatch(
      target.keys.made
        ? new RegExp(`probe-bhc belongs to stack ${context.stack}|a slug that stack ${fullName} does`)
        : /portolan:tenants\.bhc/,
    );
    expect(run.operation.custom).toEqual([]);
  });
}
