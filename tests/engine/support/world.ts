import { afterAll, beforeAll } from "vitest";
import { type Engine, startEngine } from "../../../sandbox/engine/index.ts";
import type { PlainBag } from "../../../sandbox/engine/rpc/values.ts";
import { ensureTools } from "../../../sandbox/toolchain/index.ts";
import { type ApiServer, startApiServer } from "./apiServer.ts";
import { TestStack } from "./stack.ts";

/** One control plane and one engine for a test file, and the stacks made on them. */
export type World = {
  api(): ApiServer;
  engine(): Engine;
  stack(project?: string, name?: string): Promise<TestStack>;
  get(path: string): Promise<PlainBag>;
  patch(path: string, body: PlainBag): Promise<PlainBag>;
};

/** Sets up a world for the file that calls it. */
export function useWorld(): World {
  let api: ApiServer | undefined;
  let engine: Engine | undefined;
  const stacks: TestStack[] = [];
  const started = <Thing>(thing: Thing | undefined): Thing => {
    if (thing === undefined) throw new Error("the world has not started");
    return thing;
  };
  beforeAll(async () => {
    await ensureTools(["pulumi", "helm3"]);
    api = await startApiServer();
    engine = await startEngine({ kubeconfig: api.kubeconfig, inside: [] });
  });
  afterAll(async () => {
    for (const stack of stacks) await stack.remove();
    await engine?.close();
    await api?.close();
  });
  return {
    api: () => started(api),
    engine: () => started(engine),
    stack: async (project, name) => {
      const stack = await TestStack.create(started(engine), project, name);
      stacks.push(stack);
      return stack;
    },
    get: (path) => started(api).client.request({ method: "GET", path }),
    patch: (path, body) =>
      started(api).client.request({
        method: "PATCH",
        path,
        body,
        query: { fieldManager: "someone-else" },
        contentType: "application/merge-patch+json",
      }),
  };
}
