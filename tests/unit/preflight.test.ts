import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readContexts } from "../../stacks/kubeconfig.ts";
import type { LocalConfig } from "../../stacks/platformVocabulary.ts";
import { platform } from "../../stacks/platformVocabulary.ts";
import { preflight } from "../../stacks/preflight.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portolan-kubeconfig-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.env.KUBECONFIG = "/nonexistent";
});

/** A kubeconfig with these contexts, all of a server that is not there; the first one is current. */
function kubeconfig(name: string, contexts: readonly string[]): string {
  const file = join(folder, name);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": contexts[0],
    // Nobody listens there: refused at once.
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:65533" } }],
    users: [{ name: "u", user: {} }],
    contexts: contexts.map((context) => ({ name: context, context: { cluster: "c", user: "u" } })),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function local(over: Partial<LocalConfig> = {}): LocalConfig {
  const parsed = platform.parse({ kind: "local", ...over });
  if (parsed.kind !== "local") throw new Error("not local");
  return parsed;
}

describe("before anything is declared", () => {
  it("a context that is not disposable is refused for `local`, with a pointer to `existing`", async () => {
    process.env.KUBECONFIG = kubeconfig("prod", ["prod", "kind-dev"]);
    for (const dryRun of [true, false]) {
      const [problem] = (await preflight(local(), dryRun)).problems;
      expect(problem).toMatchObject({ key: "portolan:platform.context", value: "prod" });
      expect(problem?.allowed).toContain("kind-*");
      expect(problem?.remedy).toContain("`existing`");
    }
  });

  it("a context that the kubeconfig lacks is told with those it has", async () => {
    process.env.KUBECONFIG = kubeconfig("lacks", ["kind-dev", "minikube"]);
    const [problem] = (await preflight(local({ context: "kind-dve" }), false)).problems;
    expect(problem).toMatchObject({ value: "kind-dve", allowed: "kind-dev, minikube" });
  });

  it("an `up` refuses a cluster that does not answer, with the reason; a preview goes on without it", async () => {
    process.env.KUBECONFIG = kubeconfig("gone", ["kind-gone"]);
    const [problem] = (await preflight(local(), false)).problems;
    expect(problem).toMatchObject({
      key: "portolan:platform.context",
      value: "kind-gone",
      allowed: "a cluster that answers",
    });
    expect(problem?.remedy).toMatch(/ECONNREFUSED/);
    expect(await preflight(local(), true)).toEqual({ problems: [], context: "kind-gone", answer: undefined });
  });

  it("no kubeconfig at all: a preview goes on, an `up` says which variable", async () => {
    process.env.KUBECONFIG = "/nonexistent";
    expect((await preflight(local(), true)).problems).toEqual([]);
    expect((await preflight(local(), false)).problems[0]?.remedy).toContain("KUBECONFIG");
  });
});

describe("several kubeconfig files", () => {
  it("are merged as kubectl does: the first current context wins", () => {
    const files = [kubeconfig("one", ["a"]), join(folder, "missing"), kubeconfig("two", ["b", "a"])];
    expect(readContexts(files)).toEqual({ names: ["a", "b"], current: "a" });
  });
});
