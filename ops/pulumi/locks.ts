import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { pulumi, type StackContext } from "./cli.ts";

/** A lock file of Pulumi's file backend (`.pulumi/locks/<organization>/<project>/<stack>/<id>.json`). */
const lockSchema = z.object({ pid: z.number(), hostname: z.string() });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Someone else's process is alive too.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

/** Files of locks whose owner was a process of this machine that is gone. */
export function deadLocks(state: string, host = hostname(), alive = isAlive): string[] {
  const folder = join(state, ".pulumi", "locks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name))
    .filter((file) => {
      const lock = lockSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
      return lock.success && lock.data.hostname === host && !alive(lock.data.pid);
    });
}

/** An `up` that was killed leaves its lock behind, and the next one would refuse: it is lifted, and said. */
export async function clearDeadLock(
  context: StackContext,
  state: string,
  say: (line: string) => void,
): Promise<boolean> {
  if (deadLocks(state).length === 0) return false;
  say("an earlier run was killed and left its lock on the stack: lifting it");
  await pulumi(context, ["cancel", "--yes"]);
  return true;
}
