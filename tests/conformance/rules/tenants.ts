import { expect, it } from "vitest";
import { changeCount } from "../../../ops/pulumi/events.ts";
import { fingerprint } from "../../../ops/smoke/pods.ts";
import type { World } from "../world.ts";

const newcomer = "newcomer";

/** Tenants come and go in a stack that stays. */
export function tenantRules(world: () => World): void {
  let data: readonly string[];
  let accounts: readonly string[];
  let marks: Awaited<ReturnType<World["marks"]>>;

  const podsOfTheOthers = async () => {
    const { inside, target } = world();
    const pods = target.slugs.map((slug) => fingerprint(inside.kube, target.namespace(slug)));
    return (await Promise.all(pods)).flat();
  };

  it("adding a tenant touches nothing of the others", async () => {
    data = await world().data();
    accounts = await world().accounts();
    marks = await world().marks();
    const before = await podsOfTheOthers();
    expect(before).not.toEqual([]);
    await world().add(newcomer);
    const { operation } = await world().upWell("added");
    expect(operation.changed.filter((change) => !change.startsWith("create"))).toEqual(
      // The stack's own outputs are the one thing that is not new.
      operation.changed.filter((change) => change.includes("pulumi:pulumi:Stack")),
    );
    expect(await podsOfTheOthers()).toEqual(before);
    expect((await world().outputs()).tenants.map(({ slug }) => slug)).toContain(newcomer);
    expect(await world().marks()).toMatchObject(marks);
  });

  it("removing one from a disposable stack leaves nothing of it, and the others as they were", async () => {
    const { target, inside } = world();
    // The control of what is asked after it: the newcomer's database and role can be seen.
    expect((await world().accounts()).length).toBe(accounts.length + 2);
    const before = await podsOfTheOthers();
    world().set("tenants", [newcomer], undefined);
    await world().upWell("removed");
    expect(await podsOfTheOthers()).toEqual(before);
    expect(await world().data()).toEqual(data);
    expect(await world().accounts()).toEqual(accounts);
    expect(await world().marks()).toEqual(marks);
    const { items } = await inside.kube.core.listNamespace();
    const names = items.map(({ metadata }) => metadata?.name);
    // A namespace of the user's own stays; its last pods take their time to stop.
    const pods = () => fingerprint(inside.kube, target.namespace(newcomer));
    if (target.keys.made) expect(names).not.toContain(target.namespace(newcomer));
    else await expect.poll(pods, { timeout: 90_000, interval: 1000 }).toEqual([]);
    expect(changeCount((await world().upWell("after-removal")).operation)).toBe(0);
  });
}
