import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { cacheDir } from "../paths.ts";

/** The kubeconfig context of every sandbox cluster; `providers/local` knows it to be disposable. */
export const CONTEXT = "portolan-sandbox";

/** The cluster everybody shares unless a test asks for one of its own. */
export const DEFAULT_NAME = "portolan";

const recordedProcess = z.strictObject({
  role: z.string(),
  /** As the host sees it. */
  pid: z.number().int().positive(),
  /** Field 22 of /proc/pid/stat, clock ticks since boot: with it a reused pid is not taken for ours. */
  startTime: z.string(),
});

const handleSchema = z.strictObject({
  name: z.string(),
  /** Absolute path of an admin kubeconfig; its server is reachable only through `insidePrefix`. */
  kubeconfig: z.string(),
  context: z.string(),
  /** Path under /run/netns, or null where the cluster is reachable from here (simulated or the user's own). */
  netns: z.string().nullable(),
  nodeAddress: z.string(),
  /** True where no pod really runs (kwok): smoke checks are skipped. */
  simulated: z.boolean(),
  /** ISO time of the start that made it. */
  startedAt: z.string(),
  pids: z.array(recordedProcess),
  /** `starting` is what a crashed starter leaves behind. */
  state: z.enum(["starting", "ready"]),
  /** True for a cluster of the user's own, which is never stopped from here. */
  external: z.boolean(),
});

/** A process the cluster started, told apart from a later one with the same pid by its start time. */
export type RecordedProcess = z.infer<typeof recordedProcess>;

/** What every user of a cluster gets, and what `clusters/<name>/handle.json` holds. */
export type ClusterHandle = z.infer<typeof handleSchema>;

/** Where the parts of a cluster live. Only `containerd` (the image cache) and `pki` outlive a stop. */
export interface ClusterPaths {
  base: string;
  handle: string;
  lock: string;
  /** Everything of one run; removed by stop. */
  run: string;
  logs: string;
  pki: string;
  containerd: string;
  volumes: string;
}

/**
 * Folders of the cluster `name`.
 * @throws if the name could not serve as a folder, cgroup and namespace name.
 */
export function clusterPaths(name: string): ClusterPaths {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new Error(
      `cluster name "${name}": allowed are 1 to 20 of a-z, 0-9 and "-", starting with a letter; choose such a name`,
    );
  }
  const base = join(cacheDir(), "clusters", name);
  const run = join(base, "run");
  return {
    base,
    handle: join(base, "handle.json"),
    lock: join(base, "lock"),
    run,
    logs: join(run, "logs"),
    pki: join(base, "pki"),
    containerd: join(base, "containerd"),
    volumes: join(run, "volumes"),
  };
}

/** Name under /run/netns. */
export function netnsName(name: string): string {
  return `portolan-${name}`;
}

/** The cgroup (in every controller) under which all pods of the cluster live. */
export function cgroupName(name: string): string {
  return `portolan-${name}`;
}

/** The handle on disk, or undefined if there is none or it cannot be read (a write cut short). */
export function readHandle(name: string): ClusterHandle | undefined {
  const path = clusterPaths(name).handle;
  if (!existsSync(path)) return undefined;
  try {
    return handleSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Written whole or not at all: a starter may be killed at any moment. */
export function writeHandle(handle: ClusterHandle): void {
  const { handle: path, base } = clusterPaths(handle.name);
  mkdirSync(base, { recursive: true });
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify(handle, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, path);
}

/** Forget the cluster. */
export function removeHandle(name: string): void {
  rmSync(clusterPaths(name).handle, { force: true });
}

/** The words to put before a command so that it runs where the cluster's addresses exist. */
export function insidePrefix(handle: Pick<ClusterHandle, "netns">): string[] {
  return handle.netns === null ? [] : ["nsenter", `--net=${handle.netns}`];
}

/** Environment for clients of the cluster (kubectl, helm), besides `insidePrefix`. */
export function insideEnv(handle: ClusterHandle): Record<string, string> {
  if (handle.external) return { KUBECONFIG: handle.kubeconfig };
  // Clients remember a server's kinds by its address, which all sandbox clusters share.
  return {
    KUBECONFIG: handle.kubeconfig,
    KUBECACHEDIR: join(clusterPaths(handle.name).run, "kubectl-cache"),
  };
}
