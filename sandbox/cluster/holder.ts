import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterPaths, RecordedProcess } from "./handle.ts";
import { startDaemon, startTimeOf, tail, until } from "./processes.ts";

/**
 * All daemons live in a mount and a PID namespace of their own, held by one small process. Kill that process and
 * the kernel ends every daemon, shim and container, and undoes every mount: a crash leaves no more than a stop does.
 * The mount namespace also gives each cluster its own /run, /var/log, /var/lib/kubelet and /var/lib/cni, whose
 * paths are fixed in kubelet, containerd and the CNI library.
 */
export interface Holder {
  /** `unshare` itself: its end is the end of everything inside. */
  outer: RecordedProcess;
  /** The first process inside, as the host sees it. */
  inner: RecordedProcess;
}

/** Kernel settings kubelet insists on. It sees these files in their place and leaves the host's own alone. */
const KERNEL_SETTINGS: Readonly<Record<string, string>> = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

/** Folders outside the cache on which the namespace mounts; they must exist, and are removed again if empty. */
export const MOUNT_POINTS = ["/var/lib/kubelet", "/var/lib/cni"] as const;

/**
 * Starts the holder, inside the network namespace if one is given.
 * @throws if a mount fails; with what the shell said.
 */
export async function startHolder(
  paths: ClusterPaths,
  netns: string | null,
  record: (process: RecordedProcess) => void,
): Promise<Holder> {
  const ready = join(paths.run, "holder-ready");
  rmSync(ready, { force: true });
  const settings = join(paths.run, "kernel-settings");
  mkdirSync(settings, { recursive: true });
  for (const folder of [join(paths.run, "kubelet"), join(paths.logs, "pods"), ...MOUNT_POINTS]) {
    mkdirSync(folder, { recursive: true });
  }
  const binds = Object.entries(KERNEL_SETTINGS).map(([key, value], index) => {
    writeFileSync(join(settings, String(index)), `${value}\n`);
    return `mount --bind ${quote(join(settings, String(index)))} /proc/sys/${key}`;
  });
  const script = [
    "set -e",
    // Copies of the network namespaces' mounts would keep other clusters' namespaces alive.
    "umount -R -l /run/netns 2>/dev/null || true",
    "mount -t tmpfs -o mode=755 tmpfs /run",
    "mkdir /run/containerd /run/netns",
    "mount -t tmpfs -o mode=755 tmpfs /var/log",
    "mkdir /var/log/pods",
    `mount --bind ${quote(join(paths.logs, "pods"))} /var/log/pods`,
    `mount --bind ${quote(join(paths.run, "kubelet"))} /var/lib/kubelet`,
    "mount -t tmpfs -o mode=755 tmpfs /var/lib/cni",
    ...binds,
    `: > ${quote(ready)}`,
    // A shell, as the first process of a PID namespace has to reap orphans, which `sleep` alone does not.
    "while :; do sleep 3600 & wait; done",
  ].join("\n");
  const outer = await startDaemon({
    role: "holder",
    command: [
      ...(netns === null ? [] : ["nsenter", `--net=${netns}`]),
      ...[
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
      ],
      ...["sh", "-c", script],
    ],
    logFolder: paths.logs,
    cluster: paths.base,
  });
  record(outer);
  const started = await until(() => existsSync(ready) || startTimeOf(outer.pid) === undefined, 10_000);
  const inner = existsSync(ready) ? childOf(outer.pid, "holder") : undefined;
  if (!started || inner === undefined) {
    throw new Error(`the holder of the cluster's namespaces did not start: ${tail(paths.logs, "holder")}`);
  }
  return { outer, inner };
}

/** The words that run a command as a daemon of the cluster: in its mount, PID and network namespace. */
export function inHolder(holder: Pick<Holder, "inner">): string[] {
  return ["nsenter", "--target", String(holder.inner.pid), "--mount", "--pid", "--net"];
}

/** The first child of a process. `unshare` and `nsenter` fork, as a process cannot itself change its PID namespace. */
export function childOf(pid: number, role: string): RecordedProcess | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
    const startTime = child > 0 ? startTimeOf(child) : undefined;
    return startTime === undefined ? undefined : { role, pid: child, startTime };
  } catch {
    return undefined;
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
