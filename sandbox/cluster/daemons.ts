import { type ClusterHandle, type ClusterPaths, type RecordedProcess, writeHandle } from "./handle.ts";
import { childOf, type Holder, inHolder } from "./holder.ts";
import { startDaemon, startTimeOf, tail, until } from "./processes.ts";

/** Starts the daemons of one cluster, each written into the handle at once. */
export interface Daemons {
  record(process: RecordedProcess): void;
  start(
    role: string,
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<RecordedProcess>;
}

/**
 * @param holder where daemons are to run inside it; undefined runs them as they are (simulated clusters).
 * @param signal once it is aborted no further daemon starts.
 */
export function daemonsOf(
  handle: ClusterHandle,
  paths: ClusterPaths,
  holder: Holder | undefined,
  signal: AbortSignal | undefined,
): Daemons {
  const record = (process: RecordedProcess) => {
    handle.pids.push(process);
    writeHandle(handle);
  };
  return {
    record,
    async start(role, command, env = {}) {
      signal?.throwIfAborted();
      const inside = holder === undefined ? [] : inHolder(holder);
      const spec = {
        role,
        command: [...inside, ...command],
        env,
        logFolder: paths.logs,
        cluster: paths.base,
      };
      const started = await startDaemon(spec);
      if (holder === undefined) {
        record(started);
        return started;
      }
      // nsenter waits outside; the daemon itself is its child.
      let child: RecordedProcess | undefined;
      await until(() => {
        child = childOf(started.pid, role);
        return child !== undefined || startTimeOf(started.pid) === undefined;
      }, 5000);
      if (child === undefined) throw new Error(`${role} ended at once: ${tail(paths.logs, role)}`);
      record(child);
      return child;
    },
  };
}
