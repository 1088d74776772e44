import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Milliseconds for which the sandbox keeps what the engine writes down of each run: for whoever looks into the last ones. */
const kept = 3_600_000;

/**
 * Makes the sandbox's own PULUMI_HOME, and removes old logs from it: the engine leaves a sealed one of each command, and
 * never removes any. Thousands of test runs would fill the disk.
 */
export async function openHome(home: string): Promise<void> {
  const now = Date.now();
  const logs = join(home, "logs");
  await mkdir(logs, { recursive: true });
  for (const name of await readdir(logs)) {
    const file = join(logs, name);
    // Another run may be tidying up as well.
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
    if (mtimeMs < now - kept) await rm(file, { force: true, recursive: true });
  }
}
