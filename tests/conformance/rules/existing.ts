import { expect, it } from "vitest";
import { adminNamespace, makeServices, platformSettings } from "../services.ts";
import type { World } from "../world.ts";

/** What is asked of services that Portolan did not make, before it trusts them. */
export function existingRules(world: () => World): void {
  it("does not go up on a wrong authority, as the account job refuses the server, and does on the right one", async () => {
    const strange = await world().another("strange");
    const { roots, wrongRoots } = await makeServices(world().inside);
    for (const setting of platformSettings({ roots: wrongRoots })) strange.set(...setting);
    strange.set("app", ["timeout"], 60);
    strange.set("tenants", [], {});
    await strange.add("east");
    const run = await strange.up("wrong-roots");
    expect(run.ok).toBe(false);
    // Not because it could not start or could not reach the server: it saw the certificate and would not have it.
    const said = await accountLogs(world(), strange);
    expect(said).toContain("The server refuses");
    expect(said).toContain("certificate verify failed");
    // Nor would it drop anything there: the right authority is named first.
    for (const setting of platformSettings({ roots })) strange.set(...setting);
    await strange.upWell("right-roots");
    const destroyed = await strange.destroy("right-roots-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
  });

  it("a named Secret that lacks a key is told before anything is made", async () => {
    const lacking = await world().another("lacking");
    lacking.set("tenants", [], {});
    await lacking.add("east");
    lacking.set("tenants", ["east", "redis", "password", "key"], "nothing");
    const run = await lacking.up("missing-key");
    expect(run.ok).toBe(false);
    expect(run.output).toContain("it lacks nothing");
    // The stack itself is new; nothing in it was made.
    expect(run.operation.custom).toEqual([]);
  });
}

/** What the Jobs that make a stack's database accounts said. */
async function accountLogs({ inside }: World, { context }: World): Promise<string> {
  const namespace = adminNamespace(context.stack);
  const { items } = await inside.kube.core.listNamespacedPod({ namespace });
  const names = items.map(({ metadata }) => metadata?.name ?? "");
  const logs = names.map((name) => inside.kube.kubectl(["-n", namespace, "logs", name, "--all-containers"]));
  return (await Promise.all(logs)).join("\n");
}
