import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "./progress.ts";

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** A process by number and start time: numbers come round again. */
interface Owner {
  readonly pid: number;
  readonly started: string;
}

/** When a process started, in ticks since boot; "" when it is gone or the system has no /proc. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name, in brackets, may hold spaces; the start is the 20th field after it.
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Whether that very process still runs. One of another user counts as running. */
async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isCode(error, "EPERM")) return false;
  }
  return (await startOf(pid)) === started;
}

async function holder(folder: string): Promise<Owner | undefined> {
  try {
    const [pid, started] = (await readFile(join(folder, "pid"), "utf8")).trim().split(" ");
    const found = Number(pid);
    return Number.isInteger(found) && found > 0 ? { pid: found, started: started ?? "" } : undefined;
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
    const owner = await holder(folder);
    // Between making the folder and writing the number there is a moment without an owner: look ten times.
    ownerless = owner === undefined ? ownerless + 1 : 0;
    if (ownerless > 10 || (owner !== undefined && !(await isAlive(owner)))) {
      await rm(folder, { recursive: true, force: true });
      ownerless = 0;
      continue;
    }
    if (!told && owner !== undefined) report(`waiting for process ${owner.pid}, which holds ${folder}`);
    told = told || owner !== undefined;
    await sleep(200);
  }
  try {
    await writeFile(join(folder, "pid"), `${process.pid} ${await startOf(process.pid)}`);
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
