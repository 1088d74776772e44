import { existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { cacheDir } from "../paths.ts";
import { cniPluginFolder } from "./node.ts";

/** Something that would keep a sandbox cluster from running, found before anything is made. */
export interface Problem {
  /** What is looked at: "memory". */
  subject: string;
  needs: string;
  has: string;
  remedy: string;
}

const GIB = 1024 ** 3;

/** Free memory for a cluster with two tenants (measured: under 2 GB) and what else runs beside it. */
const MEMORY_NEEDED = 2.5 * GIB;

/** Images, databases and logs of a cluster with two tenants. */
const DISK_NEEDED = 4 * GIB;

/** What `checkMachine` looks at; a test gives its own. */
export interface Machine {
  memoryAvailable: number;
  diskAvailable: number;
  root: boolean;
  platform: string;
  missingPrograms: string[];
  cgroups: boolean;
}

const PROGRAMS: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  unshare: "util-linux",
};

/** Reads this machine. */
export function readMachine(): Machine {
  const folder = cacheDir();
  mkdirSync(folder, { recursive: true });
  const disk = statfsSync(folder);
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`.split(":");
  const missing = Object.keys(PROGRAMS).filter((name) => !path.some((each) => existsSync(`${each}/${name}`)));
  if (cniPluginFolder() === undefined) missing.push("ptp");
  return {
    memoryAvailable: memoryAvailable(),
    diskAvailable: disk.bavail * disk.bsize,
    root: process.getuid?.() === 0,
    platform: process.platform,
    missingPrograms: missing,
    cgroups: existsSync("/sys/fs/cgroup/cgroup.controllers") || existsSync("/sys/fs/cgroup/memory"),
  };
}

function memoryAvailable(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

/**
 * What stands in the way of a cluster on this machine, all at once; empty if nothing does.
 * Without root the cluster is a simulated one and needs no node software.
 */
export function checkMachine(machine: Machine = readMachine()): Problem[] {
  const problems: Problem[] = [];
  const size = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
  if (machine.platform !== "linux") {
    problems.push({
      subject: "operating system",
      needs: "linux",
      has: machine.platform,
      remedy: "give the kubeconfig of a kind, k3d or minikube cluster instead",
    });
  }
  if (machine.memoryAvailable < MEMORY_NEEDED) {
    problems.push({
      subject: "memory",
      needs: `${size(MEMORY_NEEDED)} available`,
      has: size(machine.memoryAvailable),
      remedy: "end other programs, or use a larger machine",
    });
  }
  if (machine.diskAvailable < DISK_NEEDED) {
    problems.push({
      subject: `disk at ${cacheDir()}`,
      needs: `${size(DISK_NEEDED)} free`,
      has: size(machine.diskAvailable),
      remedy: "make room, or set XDG_CACHE_HOME to a folder on a larger disk",
    });
  }
  if (!machine.root) return problems;
  if (machine.missingPrograms.length > 0) {
    const packages = new Set(
      machine.missingPrograms.map((each) => PROGRAMS[each] ?? "containernetworking-plugins"),
    );
    problems.push({
      subject: "node software",
      needs: "containerd, runc, CNI plugins, ip, nft",
      has: `no ${machine.missingPrograms.join(", ")}`,
      remedy: `apt-get install ${[...packages].join(" ")}`,
    });
  }
  if (!machine.cgroups) {
    problems.push({
      subject: "cgroups",
      needs: "a memory controller under /sys/fs/cgroup",
      has: "none",
      remedy: "mount cgroups, or run as another user than root for a simulated cluster",
    });
  }
  return problems;
}

/** One line a problem. */
export function describeProblem(problem: Problem): string {
  return `${problem.subject}: needs ${problem.needs}, has ${problem.has}; ${problem.remedy}`;
}
