import { rmSync } from "node:fs";
import { ensureImages } from "../images/index.ts";
import { ensureCrds, type ToolName } from "../toolchain/index.ts";
import { type ClusterHandle, clusterPaths, DEFAULT_NAME, readHandle } from "./handle.ts";
import { withLock } from "./lock.ts";
import { checkMachine, describeProblem } from "./machine.ts";
import { isAlive } from "./processes.ts";
import { apiReady } from "./readiness.ts";
import { startSimulated } from "./simulated.ts";
import { startReal } from "./start.ts";
import { clean, keepLogs, leftovers } from "./stop.ts";
import { programsFor, REAL_TOOLS, SIMULATED_TOOLS } from "./tools.ts";

export { useCluster } from "./existing.ts";
export { type ClusterHandle, CONTEXT, DEFAULT_NAME, insideEnv, insidePrefix, readHandle } from "./handle.ts";
export { type ImageArchive, importImages } from "./images.ts";
export { checkMachine, describeProblem, type Problem } from "./machine.ts";
export { ADDRESSES } from "./network.ts";
export { leftovers } from "./stop.ts";
export { LOCAL_PATH, LOCAL_SHARED } from "./storage.ts";

/** How a start is wanted. */
export interface StartOptions {
  /** @default "portolan" */
  name?: string;
  report?: (line: string) => void;
  /** Simulated nodes (kwok), also for root: where scale is the question. @default without root */
  simulated?: boolean;
  /** Aborted (Ctrl-C), the start removes what it made and throws. */
  signal?: AbortSignal;
}

/**
 * Starts the cluster, or returns the one that runs already. What an earlier start or a crash left of that name is
 * removed first, and whatever a failing start made is removed before it throws.
 * @throws if the machine lacks something (all of it in one message), or a part does not come up.
 */
export function startCluster(options: StartOptions = {}): Promise<ClusterHandle> {
  const { name = DEFAULT_NAME, report = () => {}, signal } = options;
  const simulated = options.simulated ?? process.getuid?.() !== 0;
  return withLock(name, 120_000, async () => {
    const running = readHandle(name);
    if (running !== undefined && (await isHealthy(running))) return running;
    const problems = checkMachine();
    if (problems.length > 0) throw new Error(problems.map(describeProblem).join("\n"));
    const starter = await prepare({ name, report, simulated, signal });
    signal?.throwIfAborted();
    if (leftovers(name).length > 0) {
      report("removing what an earlier run left");
      await clean(name);
    }
    try {
      return await starter();
    } catch (error) {
      const logs = keepLogs(name);
      report(`it failed: removing what was started; its logs are in ${logs}`);
      await clean(name);
      throw error;
    }
  });
}

/** The tools that a cluster on this machine runs, so that they can be built in one go with others. */
export function clusterTools(simulated = process.getuid?.() !== 0): readonly ToolName[] {
  return simulated ? SIMULATED_TOOLS : REAL_TOOLS;
}

/** All that may take minutes (builds) happens here, before anything of the cluster exists. */
async function prepare(args: {
  name: string;
  report: (line: string) => void;
  simulated: boolean;
  signal: AbortSignal | undefined;
}) {
  if (args.simulated) {
    const programs = await programsFor(SIMULATED_TOOLS, args.report);
    await ensureCrds(args.report);
    return () => startSimulated({ ...args, programs });
  }
  const programs = await programsFor(REAL_TOOLS, args.report);
  const images = await ensureImages(["pause"], args.report);
  return () => startReal({ ...args, programs, images });
}

/** Stops the cluster and removes all of it but the image cache and its keys. Nothing to stop is no error. */
export function stopCluster(
  name: string = DEFAULT_NAME,
  report: (line: string) => void = () => {},
): Promise<void> {
  return withLock(name, 120_000, async () => {
    await clean(name);
    report(`cluster ${name} is gone`);
  });
}

/** Stops the cluster and removes its image cache and keys too. */
export function removeCluster(name: string, report: (line: string) => void = () => {}): Promise<void> {
  return withLock(name, 120_000, async () => {
    await clean(name);
    // The lock is in there as well, and has done its work.
    rmSync(clusterPaths(name).base, { recursive: true, force: true });
    report(`cluster ${name} is gone, and all it kept`);
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
  return handle.state === "ready" && handle.pids.every(isAlive) && (await apiReady(handle));
}
