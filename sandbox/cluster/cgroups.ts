import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupName } from "./handle.ts";
import { until } from "./processes.ts";

const ROOT = "/sys/fs/cgroup";
const CONTROLLERS = ["cpu", "cpuset", "io", "memory", "pids"];

/** The folders (one for each hierarchy of cgroup v1, one in all for v2) in which the cluster's cgroup is made. */
function hierarchies(): string[] {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return [ROOT];
  if (!existsSync(ROOT)) return [];
  return readdirSync(ROOT)
    .map((entry) => join(ROOT, entry))
    .filter((folder) => existsSync(join(folder, "cgroup.procs")));
}

/** Makes the cgroup below which kubelet puts all pods: kubelet refuses a root that does not exist. */
export function createCgroups(name: string): void {
  for (const hierarchy of hierarchies()) {
    if (hierarchy === ROOT) {
      for (const controller of CONTROLLERS) {
        try {
          writeFileSync(join(hierarchy, "cgroup.subtree_control"), `+${controller}`);
        } catch {
          // Not offered by this kernel; kubelet says so if it cannot do without.
        }
      }
    }
    mkdirSync(join(hierarchy, cgroupName(name)), { recursive: true });
  }
}

/** The cluster's cgroup folders that exist. */
export function cgroupFolders(name: string): string[] {
  return hierarchies()
    .map((hierarchy) => join(hierarchy, cgroupName(name)))
    .filter((folder) => existsSync(folder));
}

/** Removes them, deepest first. The kernel may need a moment after the last process has gone. */
export async function removeCgroups(name: string): Promise<void> {
  const gone = await until(() => {
    for (const folder of cgroupFolders(name)) removeTree(folder);
    return cgroupFolders(name).length === 0;
  }, 5000);
  if (!gone)
    throw new Error(`cgroups not removed: ${cgroupFolders(name).join(", ")}; see cgroup.procs in them`);
}

function removeTree(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(folder, entry.name));
    }
    rmdirSync(folder);
  } catch {
    // Still busy: the caller tries again.
  }
}
