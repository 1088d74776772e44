import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedProcess } from "./handle.ts";

/** In the environment of every daemon: the cluster's folder. Finds those a killed starter had no time to record. */
export const MARKER = "PORTOLAN_CLUSTER";

/** Start time in clock ticks since boot, or undefined if there is no such process (or only its zombie). */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name, in brackets, may hold spaces and brackets: fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Is it still the process that was recorded? */
export function isAlive(process: RecordedProcess): boolean {
  return startTimeOf(process.pid) === process.startTime;
}

/** A command to run detached, with its output in a file. */
export interface DaemonSpec {
  role: string;
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
  logFolder: string;
  /** The cluster's folder, for the marker. */
  cluster: string;
}

/**
 * Starts a daemon in a session of its own, so that Ctrl-C in the starter's terminal does not reach it.
 * @throws if the program does not exist or ends at once.
 */
export async function startDaemon(spec: DaemonSpec): Promise<RecordedProcess> {
  const [program, ...args] = spec.command;
  if (program === undefined) throw new Error(`${spec.role}: empty command`);
  const log = openSync(join(spec.logFolder, `${spec.role}.log`), "a", 0o600);
  try {
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: spec.cluster,
      env: {
        PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`,
        HOME: spec.cluster,
        [MARKER]: spec.cluster,
        ...spec.env,
      },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new Error(`${spec.role} did not start: ${error.message}`)));
    });
    child.unref();
    const pid = child.pid;
    const startTime = pid === undefined ? undefined : startTimeOf(pid);
    if (pid === undefined || startTime === undefined) {
      throw new Error(`${spec.role} ended at once: ${tail(spec.logFolder, spec.role)}`);
    }
    return { role: spec.role, pid, startTime };
  } finally {
    closeSync(log);
  }
}

/** The last lines of a daemon's log, for an error message. */
export function tail(logFolder: string, role: string, lines = 8): string {
  try {
    return readFileSync(join(logFolder, `${role}.log`), "utf8")
      .trimEnd()
      .split("\n")
      .slice(-lines)
      .join("\n");
  } catch {
    return "(no log)";
  }
}

/** Sends SIGTERM, then SIGKILL to those that are left after `graceMs`; returns when all are gone. */
export async function endProcesses(processes: readonly RecordedProcess[], graceMs: number): Promise<void> {
  const alive = () => processes.filter(isAlive);
  const signal = (name: "SIGTERM" | "SIGKILL") => {
    for (const each of alive()) {
      try {
        process.kill(each.pid, name);
      } catch {
        // It ended between the look and the signal.
      }
    }
  };
  if (graceMs > 0) {
    signal("SIGTERM");
    if (await until(() => alive().length === 0, graceMs)) return;
  }
  signal("SIGKILL");
  if (!(await until(() => alive().length === 0, 10_000))) {
    const left = alive().map((each) => `${each.role} (pid ${each.pid})`);
    throw new Error(
      `these processes do not end even after SIGKILL: ${left.join(", ")}; look at /proc/PID/stack`,
    );
  }
}

/** Polls until `done` holds; false after `timeoutMs`. */
export async function until(
  done: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await done()) return true;
    if (Date.now() >= deadline) return false;
    await sleep(everyMs);
  }
}

/** Every live process whose environment names this cluster folder. */
export function markedProcesses(cluster: string): RecordedProcess[] {
  return scan((pid) =>
    readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${MARKER}=${cluster}`),
  );
}

/** Every live process that sits in the cgroup or below it, in any controller. */
export function processesInCgroup(cgroup: string): RecordedProcess[] {
  return scan((pid) =>
    readFileSync(`/proc/${pid}/cgroup`, "utf8")
      .split("\n")
      .some((line) => {
        const path = line.split(":").slice(2).join(":");
        return path === `/${cgroup}` || path.startsWith(`/${cgroup}/`);
      }),
  );
}

function scan(matches: (pid: number) => boolean): RecordedProcess[] {
  const found: RecordedProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const startTime = startTimeOf(pid);
      if (startTime === undefined || !matches(pid)) continue;
      found.push({ role: readFileSync(`/proc/${pid}/comm`, "utf8").trim(), pid, startTime });
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
  return found;
}
