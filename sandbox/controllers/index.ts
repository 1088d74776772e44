/** The sandbox's stand-ins for an ingress controller, cert-manager and a NetworkPolicy enforcer. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import { z } from "zod";
import {
  type ClusterHandle,
  clusterPaths,
  insidePrefix,
  netnsName,
  type RecordedProcess,
} from "../cluster/handle.ts";
import { childOf } from "../cluster/holder.ts";
import { importImages } from "../cluster/images.ts";
import { tryKubectl } from "../cluster/kubectl.ts";
import { ADDRESSES } from "../cluster/network.ts";
import { isAlive, startDaemon, tail } from "../cluster/processes.ts";
import { ensureImages } from "../images/index.ts";

/** Its role in the handle, and the name of its log. */
export const policyRole = "network-policy";

const here = import.meta.dirname;

/**
 * Runs the installation where the cluster's addresses exist, telling its lines as they come. It makes pods only once
 * `images` has resolved, and everything else at once.
 */
async function runInstall(
  handle: ClusterHandle,
  more: readonly string[],
  images: Promise<unknown>,
  report: (line: string) => void,
) {
  const words = [process.execPath, join(here, "install.ts"), "--kubeconfig", handle.kubeconfig];
  const [program = "", ...rest] = [...insidePrefix(handle), ...words, "--address", ADDRESSES.edge, ...more];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
  // Told by the exit code where the program ended before it read.
  child.stdin.on("error", () => {});
  images.then(
    () => child.stdin.end(),
    () => child.kill(),
  );
  let said = "";
  child.stderr.on("data", (part: Buffer) => {
    said += part.toString("utf8");
  });
  createInterface(child.stdout).on("line", report);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  await images;
  if (code !== 0) throw new Error(`the sandbox's controllers were not installed: ${said.trim()}`);
}

const recordSchema = z.object({ role: z.string(), pid: z.int(), startTime: z.string() });

/** The process that was started last, also where its handle was never written: two would undo each other's work. */
function readRecord(file: string): RecordedProcess | undefined {
  return existsSync(file) ? recordSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data : undefined;
}

/** Starts a program of this folder beside the cluster, unless it runs. */
async function startBeside(
  handle: ClusterHandle,
  role: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RecordedProcess> {
  const paths = clusterPaths(handle.name);
  const record = join(paths.run, `${role}.json`);
  const running = readRecord(record);
  if (running !== undefined && isAlive(running)) return running;
  const node = [process.execPath, "--max-old-space-size=64", "--max-semi-space-size=1"];
  const command = [...insidePrefix(handle), ...node, join(here, file), ...args];
  const started = await startDaemon({ role, command, env, logFolder: paths.logs, cluster: paths.base });
  writeFileSync(record, JSON.stringify(started));
  return started;
}

/** Starts the NetworkPolicy process and waits for its first rules. */
async function startPolicies(handle: ClusterHandle): Promise<RecordedProcess> {
  const { run, logs } = clusterPaths(handle.name);
  const holder = handle.pids.find((p) => p.role === "holder");
  const inner = holder === undefined ? undefined : childOf(holder.pid, "holder");
  if (inner === undefined) throw new Error(`cluster ${handle.name} is not running; start it first`);
  const ready = join(run, "network-policy-ready");
  const options = {
    kubeconfig: handle.kubeconfig,
    ready,
    // The CNI library's folder as the cluster's own mount namespace has it.
    "cni-records": `/proc/${inner.pid}/root/var/lib/cni/results`,
    "cni-network": netnsName(handle.name),
    "pod-range": ADDRESSES.podRange,
    dns: handle.nodeAddress,
    // The edge's address, and those of other load balancers.
    edge: `${ADDRESSES.edge}/24`,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const started = await startBeside(handle, policyRole, join("networkPolicy", "main.ts"), args, {});
  const end = Date.now() + 15_000;
  while (!existsSync(ready)) {
    if (!isAlive(started) || Date.now() > end) {
      throw new Error(`network policies are not enforced: ${tail(logs, policyRole)}`);
    }
    await delay(20);
  }
  return started;
}

/**
 * Brings the three controllers into a running cluster and returns when they serve: the edge answers on its address,
 * ClusterIssuer `sandbox-ca` is ready, network policies are enforced. May be called again. Answers the processes
 * started beside the cluster's own, for its handle. A simulated cluster, where no pod runs, gets certificates (made by
 * a process on the host) and the edge's Service with its address, and nothing that serves; a foreign one gets nothing.
 */
export async function installControllers(
  handle: ClusterHandle,
  report: (line: string) => void = () => {},
): Promise<RecordedProcess[]> {
  if (handle.external) return [];
  if (handle.simulated) {
    const env = { CERTIFICATES_KUBECONFIG: handle.kubeconfig };
    const [certificates] = await Promise.all([
      startBeside(handle, "certificates", join("certificates", "main.ts"), [], env),
      runInstall(handle, ["--simulated"], Promise.resolve(), report),
    ]);
    return [certificates];
  }
  const images = async () => {
    const built = await ensureImages(["edge"], report);
    // Seen once: containerd collected a layer of the image's former version while the new one was put on top of it.
    await pRetry(() => importImages(handle, built, report), { retries: 1, minTimeout: 200 });
  };
  const [policies] = await Promise.all([startPolicies(handle), runInstall(handle, [], images(), report)]);
  report("network policies are enforced");
  return [policies];
}

const authoritySchema = z.base64();

/** PEM of the sandbox's certificate authority: what a client of the edge has to trust. */
export async function edgeRoots(handle: ClusterHandle): Promise<string> {
  const args = [
    "get",
    "secret",
    "sandbox-ca",
    "--namespace=cert-manager",
    "--output=jsonpath={.data.tls\\.crt}",
  ];
  const found = authoritySchema.safeParse(await tryKubectl(handle, args));
  if (!found.success || found.data === "") {
    throw new Error(
      `cluster ${handle.name} has no Secret cert-manager/sandbox-ca; run installControllers first`,
    );
  }
  return Buffer.from(found.data, "base64").toString("utf8");
}
