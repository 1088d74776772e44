import { type ClusterHandle, DEFAULT_NAME, readHandle } from "./handle.ts";
import { tryKubectl } from "./kubectl.ts";
import { withLock } from "./lock.ts";
import { isAlive } from "./processes.ts";
import { startReal } from "./start.ts";
import { clean, leftovers } from "./stop.ts";

export { type ClusterHandle, CONTEXT, DEFAULT_NAME, insidePrefix, readHandle } from "./handle.ts";
export { type ImageArchive, importImages } from "./images.ts";
export { ADDRESSES } from "./network.ts";
export { leftovers } from "./stop.ts";

/** How a start is wanted. */
export interface StartOptions {
  /** @default "portolan" */
  name?: string;
  report?: (line: string) => void;
}

/**
 * Starts the cluster, or returns the one that runs already. What an earlier start or a crash left of that name is
 * removed first, and whatever a failing start made is removed before it throws.
 */
export function startCluster(options: StartOptions = {}): Promise<ClusterHandle> {
  const { name = DEFAULT_NAME, report = () => {} } = options;
  return withLock(name, 120_000, async () => {
    const running = readHandle(name);
    if (running !== undefined && (await isHealthy(running))) return running;
    if (leftovers(name).length > 1) {
      report("removing what an earlier run left");
      await clean(name);
    }
    try {
      return await startReal(name, report);
    } catch (error) {
      await clean(name);
      throw error;
    }
  });
}

/** Stops the cluster and removes everything of it but the image cache and its keys. Nothing to stop is no error. */
export function stopCluster(
  name: string = DEFAULT_NAME,
  report: (line: string) => void = () => {},
): Promise<void> {
  return withLock(name, 120_000, async () => {
    await clean(name);
    report(`cluster ${name} is gone`);
  });
}

/** What `clusterStatus` found. */
export interface ClusterStatus {
  state: "none" | "ready" | "broken";
  handle?: ClusterHandle;
  /** Roles of recorded processes that have ended. */
  ended: string[];
}

/** Whether the cluster runs and answers. */
export async function clusterStatus(name: string = DEFAULT_NAME): Promise<ClusterStatus> {
  const handle = readHandle(name);
  if (handle === undefined) return { state: "none", ended: [] };
  const ended = handle.pids.filter((each) => !isAlive(each)).map((each) => each.role);
  return { state: (await isHealthy(handle)) ? "ready" : "broken", handle, ended };
}

async function isHealthy(handle: ClusterHandle): Promise<boolean> {
  if (handle.state !== "ready" || !handle.pids.every(isAlive)) return false;
  return (await tryKubectl(handle, ["get", "--raw", "/readyz"])) === "ok";
}
