import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readHandle } from "../../sandbox/cluster/handle.ts";
import { childOf, inHolder } from "../../sandbox/cluster/holder.ts";
import {
  type ClusterHandle,
  leftovers,
  removeCluster,
  startCluster,
  stopCluster,
} from "../../sandbox/cluster/index.ts";
import { isAlive } from "../../sandbox/cluster/processes.ts";
import { run } from "../../sandbox/cluster/run.ts";
import { apply, kubectl, pod } from "./cluster-pods.ts";

const NAME = "ccrash";
const asRoot = process.getuid?.() === 0;

/** The starter as a process of its own; `signal` is sent as soon as it says that `when` is there. */
function starter(
  when: string,
  signal: "SIGINT" | "SIGKILL",
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["sandbox/cluster/main.ts", "start", "--name", NAME], {
    stdio: "pipe",
  });
  let output = "";
  let sent = false;
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (!sent && output.includes(when)) {
      sent = true;
      child.kill(signal);
    }
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

describe.skipIf(!asRoot)("a cluster that did not end well", () => {
  beforeAll(() => stopCluster(NAME));
  afterAll(() => removeCluster(NAME));

  it("is removed after Ctrl-C during the start", async () => {
    const { code, output } = await starter("API server", "SIGINT");
    expect(output).toContain("interrupted by SIGINT");
    expect(code).toBe(1);
    expect(leftovers(NAME)).toEqual([]);
  });

  it("is removed by stop after the starter was killed", async () => {
    await starter("containerd", "SIGKILL");
    expect(readHandle(NAME)).toMatchObject({ state: "starting" });
    expect(leftovers(NAME)).not.toEqual([]);
    await stopCluster(NAME);
    expect(leftovers(NAME)).toEqual([]);
  });

  it("is replaced by a start after the starter was killed, and removed after its daemons were", async () => {
    await starter("API server", "SIGKILL");
    const handle = await startCluster({ name: NAME });
    await apply(handle, pod({ name: "lives-on", script: "setInterval(() => {}, 1000)" }));
    await kubectl(handle, ["wait", "--for=condition=Ready", "--timeout=60s", "pod/lives-on"]);
    for (const each of handle.pids.filter(({ role }) => role !== "holder")) process.kill(each.pid, "SIGKILL");
    expect(leftovers(NAME).some((line) => line.includes("containerd-shim"))).toBe(true);
    await stopCluster(NAME);
    expect(leftovers(NAME)).toEqual([]);
    expect(handle.pids.filter(isAlive)).toEqual([]);
  });

  it("starts again afterwards, beside another one with the same addresses", async () => {
    const [first, second] = await Promise.all([
      startCluster({ name: NAME }),
      startCluster({ name: `${NAME}-2` }),
    ]);
    try {
      expect(first.netns).not.toBe(second.netns);
      expect(await recordedContainers(first)).toBe(await wantedContainers(first));
      await apply(first, { apiVersion: "v1", kind: "Namespace", metadata: { name: "only-first" } });
      await expect(kubectl(second, ["get", "namespace", "only-first"])).rejects.toThrow("not found");
      await stopCluster(NAME);
      await kubectl(second, ["get", "nodes"]);
    } finally {
      await removeCluster(`${NAME}-2`);
    }
    expect([...leftovers(NAME), ...leftovers(`${NAME}-2`)]).toEqual([]);
  });
});

/** Containers in containerd's store: those of a crashed run must not be among them. */
async function recordedContainers(handle: ClusterHandle): Promise<number> {
  const outer = handle.pids.find(({ role }) => role === "holder");
  const inner = outer === undefined ? undefined : childOf(outer.pid, "holder");
  if (inner === undefined) throw new Error("no holder");
  const list = [...inHolder({ inner }), "ctr", "--namespace", "k8s.io", "containers", "ls", "--quiet"];
  return (await run(list)).split("\n").filter((line) => line !== "").length;
}

/** One for each container, and one for each pod itself. */
async function wantedContainers(handle: ClusterHandle): Promise<number> {
  const names = '{range .items[*]}{.metadata.name}{" "}{.spec.containers[*].name}{" "}{end}';
  const said = await kubectl(handle, ["get", "pods", "-A", "-o", `jsonpath=${names}`]);
  return said.trim().split(/\s+/).length;
}
