import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startEngine } from "../../sandbox/engine/index.ts";
import { nameOf } from "./support/stack.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const main = join(import.meta.dirname, "..", "..", "sandbox", "engine", "main.ts");

function portsOf(env: Record<string, string>): number[] {
  const entries = `${env.PULUMI_DEBUG_PROVIDERS},${env.PULUMI_DEBUG_LANGUAGES}`.split(",");
  return entries.map((entry) => Number(entry.split(":")[1]));
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}`).then(
    () => true,
    // A gRPC server that answers HTTP/1 with nonsense is alive, too.
    (error: Error) => !String(error.cause).includes("ECONNREFUSED"),
  );
}

describe("the engine's processes", () => {
  it("end with close, also twice, and leave process.env as it was", async () => {
    const before = { ...process.env };
    const engine = await startEngine({ inside: [] });
    const ports = portsOf(engine.env);
    expect(ports).toHaveLength(4);
    expect(await Promise.all(ports.map(answers))).toEqual([true, true, true, true]);
    await engine.close();
    await engine.close();
    expect(await Promise.all(ports.map(answers))).toEqual([false, false, false, false]);
    expect(process.env).toEqual(before);
  });

  it("end with a starter that is killed", async () => {
    const child = spawn(
      process.execPath,
      [main, "--", "sh", "-c", 'echo "$PULUMI_DEBUG_PROVIDERS"; exec sleep 5'],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const line = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data) => resolve(String(data))),
    );
    const port = Number(line.split(",")[0]?.split(":")[1]);
    expect(await answers(port)).toBe(true);
    child.kill("SIGKILL");
    child.stdout.destroy();
    for (let tries = 0; (await answers(port)) && tries < 50; tries++) await sleep(100);
    expect(await answers(port)).toBe(false);
  });

  it("answer the exit code of the command", async () => {
    const child = spawn(process.execPath, [main, "--", "sh", "-c", "exit 7"], { stdio: "ignore" });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(7);
  });

  it("end what they wait for when the user cancels, keep what was made, and the next update goes on", async () => {
    const stack = await world.stack("cancelled");
    const program = (skip: string) => `new k8s.core.v1.Pod("slow", {
      metadata: { name: "slow", annotations: { "pulumi.com/skipAwait": "${skip}" } }, spec: { containers: [{ name: "a", image: "b" }] } });`;
    await stack.program(program("false"));
    const env = {
      ...process.env,
      ...world.engine().env,
      PULUMI_BACKEND_URL: `file://${stack.folder}/state`,
      PULUMI_CONFIG_PASSPHRASE: stack.passphrase,
    };
    const child = spawn("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: stack.folder,
      env,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while ((await world.get("/api/v1/namespaces/default/pods/slow").catch(() => undefined)) === undefined)
      await sleep(100);
    const since = Date.now();
    child.kill("SIGINT");
    await ended;
    expect(Date.now() - since).toBeLessThan(15_000);
    expect((await stack.resource("slow")).initErrors.join()).toContain("the update was cancelled");
    await stack.program(program("true"));
    await stack.up();
    expect((await stack.resources()).map(({ urn }) => nameOf(urn))).toContain("slow");
    await stack.destroy();
  });

  it("run a program that prints and one that breaks, and say so", async () => {
    const stack = await world.stack("prints");
    await stack.program('console.log("hello from the program");');
    expect((await stack.up()).text).toContain("hello from the program");
    await stack.program('throw new Error("the program broke");');
    expect(await stack.failingUp()).toContain("the program broke");
    await stack.program("const x: number = ;");
    expect(await stack.failingUp()).toContain("index.ts");
    await expect(access(join(stack.folder, "node_modules", "ts-node"))).rejects.toThrow();
  });

  it("keep two providers apart that one program uses at once", async () => {
    const stack = await world.stack("two");
    await stack.program(`
      const a = new k8s.Provider("a", { namespace: "kube-public" });
      const b = new k8s.Provider("b", { namespace: "kube-node-lease", kubeconfig: "${world.api().kubeconfig}" });
      new k8s.core.v1.ConfigMap("in-a", { metadata: { name: "two" } }, { provider: a });
      new k8s.core.v1.ConfigMap("in-b", { metadata: { name: "two" } }, { provider: b });
    `);
    await stack.up();
    for (const namespace of ["kube-public", "kube-node-lease"])
      await world.get(`/api/v1/namespaces/${namespace}/configmaps/two`);
    await stack.destroy();
  });
});
