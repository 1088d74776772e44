import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterPaths } from "./handle.ts";
import { startTimeOf } from "./processes.ts";

/**
 * Runs `work` while no other process starts or stops the cluster `name`. The lock of a process that is gone is
 * taken over.
 * @throws if another holds it for longer than `waitMs`.
 */
export async function withLock<T>(name: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const { base, lock } = clusterPaths(name);
  mkdirSync(base, { recursive: true });
  const deadline = Date.now() + waitMs;
  while (!take(lock)) {
    const owner = ownerOf(lock);
    if (owner !== undefined && startTimeOf(owner.pid) !== owner.startTime) {
      rmSync(lock, { force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `cluster "${name}" is being started or stopped by process ${owner?.pid ?? "?"}; wait for it, or end it`,
      );
    }
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    const file = openSync(lock, "wx");
    writeSync(file, `${process.pid} ${startTimeOf(process.pid) ?? ""}`);
    closeSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Undefined while its owner is between making the file and writing it. */
function ownerOf(lock: string): { pid: number; startTime: string } | undefined {
  try {
    const [pid, startTime] = readFileSync(lock, "utf8").split(" ");
    return startTime === undefined ? undefined : { pid: Number(pid), startTime };
  } catch {
    return undefined;
  }
}
