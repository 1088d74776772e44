/** The production stack files under the real engine, on a machine that nobody signed in on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { project } from "../../ops/inside.ts";
import { operate, pulumi, type StackContext } from "../../ops/pulumi/cli.ts";
import { ensureStack, openWorkspace } from "../../ops/pulumi/workspace.ts";
import { type Engine, startEngine } from "../../sandbox/engine/index.ts";
import { cacheDir } from "../../sandbox/paths.ts";
import { ensureTools } from "../../sandbox/toolchain/index.ts";

let engine: Engine;
let folder: string;
beforeAll(async () => {
  await ensureTools(["pulumi", "helm3"]);
  folder = await mkdtemp(join(tmpdir(), "portolan-signin-"));
  // The language host gives the program its own environment, which is that of these tests.
  vi.stubEnv("XDG_CACHE_HOME", dirname(cacheDir()));
  vi.stubEnv("HOME", folder);
  vi.stubEnv("PATH", dirname(process.execPath));
  for (const name of Object.keys(process.env))
    if (/^(AWS|ARM|AZURE|GOOGLE|GCLOUD|GCE|CLOUDSDK)_/.test(name)) vi.stubEnv(name, undefined);
  engine = await startEngine({ inside: [] });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function opened(stack: string): Promise<StackContext> {
  const home = join(folder, stack);
  const app = { name: "orthanc", version: "1.10.1" };
  const settings = { source: stack, context: undefined, app, edge: {}, storage: {}, images: {} };
  const workspace = openWorkspace(home, project, settings, stack);
  const env = { ...engine.env, ...workspace.env, HOME: folder };
  const context = { project, ...workspace, env, logs: home, events: home };
  await ensureStack(context);
  return context;
}

it.each([
  ["us-prod", "AWS", /`aws configure sso`.*`aws` on PATH/s],
  ["eu-prod", "Azure", /`az login`.*`kubelogin` on PATH/s],
  ["asia-prod", "Google Cloud", /`gke-gcloud-auth-plugin` on PATH.*`gcloud` on PATH/s],
])("%s is refused before anything is made, with every way to sign in to %s", async (stack, _cloud, words) => {
  const context = await opened(stack);
  const { ok, output } = await operate(context, "up", { withoutEvents: true });
  expect(ok, output).toBe(false);
  expect(output).toContain("portolan:platform.kind");
  expect(output).toMatch(words);
  const state = await pulumi(context, ["stack", "export"]);
  expect(state).toContain("pulumi:pulumi:Stack");
  expect(state).not.toMatch(/"type": "(aws|azure-native|gcp|kubernetes|random):/);
});
