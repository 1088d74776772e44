/**
 * What an interrupted run asked a cloud for and never heard of. The engine notes it, warns, and goes on; a second request
 * would make the thing twice, or be refused because its name is taken. So an `up` asks the state first.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { interrupted, readState, type State, shortName } from "./exportedState.ts";

/** Milliseconds, and bytes: the state of a platform with hundreds of tenants is some tens of megabytes. */
const patience = { timeout: 60_000, maxBuffer: 512 * 1024 * 1024 };

/**
 * Why an `up` must not go on; undefined where it may.
 *
 * @param plugin the cloud's name in the engine; what is in the cluster is taken over by the next run anyhow
 * @param fullName organization/project/stack
 */
export async function interruption(plugin: string, fullName: string): Promise<string | undefined> {
  const creations = await pendingCreations(plugin, fullName);
  return creations.length > 0 ? interruptedRun(creations, fullName.split("/").at(-1) ?? "") : undefined;
}

/**
 * Asks the engine's command, with the backend of the run that asks. Nothing is known, and none told, where it gives no
 * answer: the run itself has the better words for that.
 */
export async function pendingCreations(plugin: string, fullName: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(
      "pulumi",
      ["stack", "export", "--stack", fullName],
      patience,
    );
    return creationsIn(readState(stdout), plugin);
  } catch {
    return [];
  }
}

/** `aws:ec2/vpc:Vpc::platform-vpc`, each once; those too that an interrupted `make mend` left half settled. */
export function creationsIn(state: State, plugin: string): readonly string[] {
  return interrupted(state)
    .filter(({ type }) => type.startsWith(`${plugin}:`))
    .map(shortName);
}

/** What the run says in place of going on; `stack` as `make mend` takes it. */
export function interruptedRun(creations: readonly string[], stack: string): string {
  return [
    "An earlier run was interrupted; nothing was changed by this one. Begun, and never heard of again:",
    ...creations.map((creation) => `  ${creation}`),
    `Remedy: \`make mend STACK=${stack}\` takes over what was made, then \`pulumi up\` goes on (docs/interrupted.md).`,
  ].join("\n");
}
