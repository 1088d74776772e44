import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ClusterHandle, clusterPaths, insidePrefix } from "./handle.ts";
import { tryKubectl } from "./kubectl.ts";
import { isAlive, tail } from "./processes.ts";

/** What can be waited for, with what is said when it is there. */
const PARTS = {
  api: "API server",
  node: "node",
  account: "default service account",
  dns: "DNS, through its Service",
  metrics: "metrics API",
} as const;

/** A part of a cluster. */
export type Part = keyof typeof PARTS;

const LIMIT_MS = 90_000;

/**
 * Waits for the parts, one after the other.
 * @throws if they are not there in time, `signal` is aborted, or one of the cluster's daemons has ended.
 */
export async function waitFor(
  handle: ClusterHandle,
  parts: readonly Part[],
  report: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const script = join(import.meta.dirname, "watch.ts");
  const [program = "", ...args] = [
    ...insidePrefix(handle),
    process.execPath,
    script,
    handle.kubeconfig,
    ...parts,
  ];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const there = new Set<string>();
  createInterface(child.stdout).on("line", (line) => {
    there.add(line);
    const part = parts.find((each) => each === line);
    if (part !== undefined) report(PARTS[part]);
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const deadline = Date.now() + LIMIT_MS;
  let problem: Error | undefined;
  const check = setInterval(() => {
    problem ??= problemOf(
      handle,
      signal,
      Date.now() > deadline ? parts.find((part) => !there.has(part)) : undefined,
    );
    if (problem !== undefined) child.kill("SIGKILL");
  }, 100);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => clearInterval(check));
  if (problem !== undefined) throw problem;
  if (code !== 0) throw new Error(`waiting for ${parts.join(", ")}: ${said.trim()}`);
}

function problemOf(
  handle: ClusterHandle,
  signal: AbortSignal | undefined,
  late: Part | undefined,
): Error | undefined {
  if (signal?.aborted === true) {
    return signal.reason instanceof Error ? signal.reason : new Error("interrupted");
  }
  const ended = handle.pids.find((each) => !isAlive(each));
  if (ended !== undefined) {
    return new Error(`${ended.role} has ended: ${tail(clusterPaths(handle.name).logs, ended.role)}`);
  }
  return late === undefined ? undefined : new Error(`${PARTS[late]}: not ready after ${LIMIT_MS / 1000} s`);
}

/** The API server answers that it is ready. */
export async function apiReady(handle: ClusterHandle): Promise<boolean> {
  return (await tryKubectl(handle, ["get", "--raw", "/readyz"])) === "ok";
}
