import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const map = (name: string, options: string, data = "one", more = "") =>
  `new k8s.core.v1.ConfigMap("${name}", { metadata: { name: "${name}" ${more} }, data: { a: "${data}" } }, ${options});`;

describe("resource options through the real engine", () => {
  it("runs hooks before a creation and before an update", async () => {
    const stack = await world.stack("hooks");
    const program = (value: string) => `
      import { appendFileSync } from "node:fs";
      const note = (what: string) => async () => appendFileSync("hooks.log", what + "\\n");
      const beforeCreate = [new pulumi.ResourceHook("before-create", note("create"))];
      const beforeUpdate = [new pulumi.ResourceHook("before-update", note("update"))];
      new k8s.core.v1.ServiceAccount("account", { metadata: { labels: { a: "${value}" } } }, { hooks: { beforeCreate, beforeUpdate } });
    `;
    await stack.program(program("one"));
    await stack.up();
    await stack.program(program("two"));
    await stack.up();
    expect(await readFile(join(stack.folder, "hooks.log"), "utf8")).toBe("create\nupdate\n");
  });

  // After an update that failed, the engine keeps the outputs of that program or of the one before, whichever was
  // registered in time: who needs to know what a stack had must ask the cluster too.
  it("gives a stack its own last outputs: none at first, then those of the update before", async () => {
    const stack = await world.stack("self");
    const program = (value: string) => `
      const own = new pulumi.StackReference("own", { name: "organization/self/dev" });
      export const last = own.getOutput("value").apply((v) => v ?? "nothing yet");
      export const value = "${value}";
    `;
    await stack.program(program("one"));
    await stack.preview();
    await stack.up();
    expect(await stack.outputs()).toEqual({ last: "nothing yet", value: "one" });
    await stack.program(program("two"));
    await stack.up();
    expect(await stack.outputs()).toEqual({ last: "one", value: "two" });
  });

  it("ignores changes, moves by alias, replaces on changes, adds secret outputs, sets timeouts", async () => {
    const stack = await world.stack("options");
    await stack.program(`
      ${map("ignored", '{ ignoreChanges: ["data"] }')}
      ${map("before", "{}")}
      ${map("replaced", '{ replaceOnChanges: ["metadata.labels"], deleteBeforeReplace: true }')}
      ${map("hidden", '{ additionalSecretOutputs: ["metadata"] }')}
      export const kept = new random.RandomPassword("kept", { length: 20 }, { ignoreChanges: ["length"] }).result;
    `);
    await stack.up();
    const { kept } = await stack.outputs();
    await stack.program(`
      ${map("ignored", '{ ignoreChanges: ["data"] }', "two")}
      ${map("before", '{ aliases: [{ name: "before" }] }').replace('"before", {', '"after", {')}
      ${map("replaced", '{ replaceOnChanges: ["metadata.labels"], deleteBeforeReplace: true }', "one", ', labels: { x: "y" }')}
      ${map("hidden", '{ additionalSecretOutputs: ["metadata"], customTimeouts: { create: "1m", delete: "1m" } }')}
      export const kept = new random.RandomPassword("kept", { length: 30 }, { ignoreChanges: ["length"] }).result;
    `);
    expect(await stack.preview()).toEqual({ replaced: "replace" });
    await stack.up();
    expect((await stack.outputs()).kept).toBe(kept);
    expect(JSON.stringify((await stack.resource("hidden")).outputs.metadata)).toContain("ciphertext");
    await stack.destroy();
  });

  it("protects, retains, imports, and forgets with what it was deleted with", async () => {
    const stack = await world.stack("lives");
    await stack.program(`
      ${map("protected", "{ protect: true }")}
      ${map("retained", "{ retainOnDelete: true }")}
      const ns = new k8s.core.v1.Namespace("together", { metadata: { name: "together" } });
      new k8s.core.v1.ConfigMap("inside", { metadata: { name: "inside", namespace: ns.metadata.name } }, { deletedWith: ns });
    `);
    await stack.up();
    await stack.program("");
    expect(await stack.failingUp()).toContain("protected");
    await stack.program(map("protected", "{ protect: false }"));
    await stack.up();
    expect(await world.get("/api/v1/namespaces/default/configmaps/retained")).toMatchObject({
      data: { a: "one" },
    });
    await expect(world.get("/api/v1/namespaces/together")).rejects.toThrow(/not found/);
    await stack.program(map("retained", '{ import: "default/retained" }'));
    await stack.up();
    expect(await stack.preview()).toEqual({});
    await stack.destroy();
    await expect(world.get("/api/v1/namespaces/default/configmaps/retained")).rejects.toThrow(/not found/);
  });
});
