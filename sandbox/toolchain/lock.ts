import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "./progress.ts";

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Whether a process of that number runs. One of another user counts as running. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

async function holder(folder: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(join(folder, "pid"), "utf8")).trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Runs `work` while no other process does so under the same folder name. A lock whose owner is gone is taken
 * over, so that a killed build does not block the next one.
 */
export async function withLock<T>(folder: string, report: Report, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  let told = false;
  let ownerless = 0;
  for (;;) {
    try {
      await mkdir(folder);
      break;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    const pid = await holder(folder);
    // Between making the folder and writing the number there is a moment without an owner: look ten times.
    ownerless = pid === undefined ? ownerless + 1 : 0;
    if (ownerless > 10 || (pid !== undefined && !isAlive(pid))) {
      await rm(folder, { recursive: true, force: true });
      ownerless = 0;
      continue;
    }
    if (!told && pid !== undefined) report(`waiting for process ${pid}, which holds ${folder}`);
    told = told || pid !== undefined;
    await sleep(200);
  }
  try {
    await writeFile(join(folder, "pid"), String(process.pid));
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
