import { expect, it } from "vitest";
import { z } from "zod";
import { pulumi } from "../../../ops/pulumi/cli.ts";
import type { World } from "../world.ts";

const exported = z.object({ deployment: z.object({ resources: z.array(z.unknown()).optional() }) });

/** The end of a disposable stack. `before`: what held data before the first `up`. */
export function endRules(world: () => World, before: () => readonly string[]): void {
  it("a plain destroy leaves no object, no data, an empty cloud and an empty state", async () => {
    const { inside, context, target } = world();
    const run = await world().destroy("destroy");
    expect(run.ok, run.output).toBe(true);
    const { items } = await inside.kube.core.listNamespace();
    const ours = ({ metadata }: (typeof items)[number]) =>
      metadata?.labels?.["app.kubernetes.io/managed-by"] === "portolan";
    expect(items.filter(ours)).toEqual([]);
    expect(await world().data()).toEqual(before());
    expect(world().cloud().living).toEqual([]);
    expect(world().cloud().duplicates).toEqual([]);
    const { deployment } = exported.parse(JSON.parse(await pulumi(context, ["stack", "export"])));
    expect(deployment.resources ?? []).toEqual([]);
    // What was the user's is there as it was.
    if (!target.keys.made) expect(await world().key()).toMatch(/^made-by-the-hospital/);
  }, 300_000);
}
