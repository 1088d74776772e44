import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cgroupFolders, removeCgroups } from "./cgroups.ts";
import { CONTAINERD_SOCKET, containerdConfig } from "./configs.ts";
import {
  type ClusterPaths,
  cgroupName,
  clusterPaths,
  netnsName,
  type RecordedProcess,
  readHandle,
  removeHandle,
} from "./handle.ts";
import { inHolder, MOUNT_POINTS, startHolder } from "./holder.ts";
import { forgetContainers } from "./images.ts";
import { netnsPath, removeNetwork } from "./network.ts";
import {
  endProcesses,
  isAlive,
  markedProcesses,
  processesInCgroup,
  startDaemon,
  until,
} from "./processes.ts";
import { tryRun } from "./run.ts";

/** In containerd's folder while containers may be recorded there. */
const DIRTY = "containers-recorded";

/** To be called before kubelet runs: from now on stop has to clean containerd's records. */
export function markStoreUsed(paths: ClusterPaths): void {
  writeFileSync(join(paths.containerd, DIRTY), "");
}

/**
 * Takes down whatever there is of the cluster, in whatever state a crash left it. There is one way only: the end of
 * the holder ends all daemons, shims and containers and undoes their mounts, so nothing depends on their health.
 */
export async function clean(name: string): Promise<void> {
  const paths = clusterPaths(name);
  await endProcesses(ownProcesses(name), 0);
  if (existsSync(join(paths.containerd, DIRTY))) await cleanStore(paths);
  await removeNetwork(name);
  await removeCgroups(name);
  await unmountBelow(paths.base);
  rmSync(paths.run, { recursive: true, force: true });
  removeHandle(name);
  removeEmptyMountPoints(name);
}

/** Puts the daemons' logs where `clean` leaves them, until the next failure. */
export function keepLogs(name: string): string {
  const { base, logs } = clusterPaths(name);
  const kept = join(base, "failed-start-logs");
  rmSync(kept, { recursive: true, force: true });
  if (existsSync(logs)) renameSync(logs, kept);
  return kept;
}

/** Recorded, marked or inside the cluster's cgroup. The holder comes first, as it takes the others with it. */
export function ownProcesses(name: string): RecordedProcess[] {
  const paths = clusterPaths(name);
  const recorded = (readHandle(name)?.pids ?? []).filter(isAlive);
  const all = [...recorded, ...markedProcesses(paths.base), ...processesInCgroup(cgroupName(name))];
  return [...new Map(all.map((each) => [each.pid, each])).values()];
}

/** A containerd without the Kubernetes part, in a short-lived holder, removes the records and layers of dead containers. */
async function cleanStore(paths: ClusterPaths): Promise<void> {
  mkdirSync(paths.logs, { recursive: true });
  const started: RecordedProcess[] = [];
  try {
    const holder = await startHolder(paths, null, (each) => started.push(each));
    const config = join(paths.run, "containerd-store.toml");
    writeFileSync(
      config,
      containerdConfig({
        root: paths.containerd,
        cniConfigFolder: "/nonexistent",
        cniPluginFolder: "/nonexistent",
        cri: false,
      }),
    );
    const inside = inHolder(holder);
    await startDaemon({
      role: "containerd-store",
      command: [...inside, "containerd", "--config", config],
      logFolder: paths.logs,
      cluster: paths.base,
    });
    const answers = async () =>
      (await tryRun([...inside, "ctr", "--address", CONTAINERD_SOCKET, "version"])).code === 0;
    if (!(await until(answers, 10_000))) throw new Error("containerd did not start");
    await forgetContainers(holder);
    rmSync(join(paths.containerd, DIRTY));
  } catch {
    // A store that cannot be mended (the machine lost power, say) is only a cache.
    rmSync(paths.containerd, { recursive: true, force: true });
  } finally {
    await endProcesses([...started, ...markedProcesses(paths.base)], 0);
  }
}

/** Mount points below a folder, deepest first. None are expected: they live in the holder's namespace. */
export function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "))
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
}

async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder)) await tryRun(["umount", "--lazy", point]);
}

/** Only when no other cluster is there: removing a folder takes what is mounted on it in other namespaces with it. */
function removeEmptyMountPoints(name: string): void {
  // By the network namespaces, which the machine knows: another cluster may have its files in another cache folder.
  const others = entries(dirname(netnsPath(name))).filter((path) => path !== netnsPath(name));
  if (others.some((path) => path.startsWith(netnsPath("")))) return;
  for (const folder of MOUNT_POINTS) {
    try {
      rmdirSync(folder);
    } catch {
      // Not there, or somebody's.
    }
  }
}

/** Whatever is left of the cluster `name`; empty after a stop. The image cache and the keys are meant to stay. */
export function leftovers(name: string): string[] {
  const paths = clusterPaths(name);
  const found = ownProcesses(name).map((each) => `process ${each.pid} (${each.role})`);
  found.push(...mountsBelow(paths.base).map((point) => `mount ${point}`));
  if (existsSync(netnsPath(name))) found.push(`network namespace ${netnsPath(name)}`);
  found.push(...cgroupFolders(name).map((folder) => `cgroup ${folder}`));
  const logs = entries("/var/log/containers").filter((link) => target(link).startsWith(`${paths.base}/`));
  found.push(...logs.map((link) => `log link ${link}`));
  const results = entries("/var/lib/cni/results").filter((file) =>
    text(file).includes(`"${netnsName(name)}"`),
  );
  found.push(...results.map((file) => `CNI result ${file}`));
  for (const path of [paths.run, paths.handle]) if (existsSync(path)) found.push(`file ${path}`);
  return found;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((entry) => join(folder, entry)) : [];
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
