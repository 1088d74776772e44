/**
 * Settles what an interrupted run left: creations that the engine began and never heard the end of. Takes over what is
 * there, forgets what is not, and deletes nothing. Works through the `pulumi` command alone.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readState, type State } from "../../stacks/exportedState.ts";
import { failure, operate, pulumi, type StackContext } from "../pulumi/cli.ts";
import { ask } from "./find.ts";
import { plan, type Step, searched } from "./plan.ts";
import { standing, withAdopted } from "./state.ts";
import { describe } from "./text.ts";

/** What became of one interrupted creation. */
export type Settled = Step & {
  readonly outcome: "taken over" | "not there" | "made again" | "yours to say" | "open";
};

/**
 * Settles all of them, or, while one is somebody's to say, none: what is written into the state takes the engine's note
 * of every interrupted creation away.
 *
 * @throws with the engine's words when the cloud or the state cannot be reached
 */
export async function settle(
  context: StackContext,
  given: Readonly<Record<string, string>> = {},
): Promise<readonly Settled[]> {
  const before = await exported(context);
  const wanted = searched(before);
  const nothing = { things: [], subscriptionId: undefined };
  const steps = plan(before, wanted.length === 0 ? nothing : await ask(context, before, wanted), given);
  if (steps.some(isOpen))
    return steps.map((step) => ({ ...step, outcome: isOpen(step) ? "yours to say" : "open" }));
  if (steps.length === 0) return [];
  const adopted = steps.filter((step) => step.kind === "adopt");
  await imported(context, withAdopted(before, adopted));
  if (adopted.length > 0) await read(context, adopted);
  const after = await exported(context);
  return steps.map((step) => ({ ...step, outcome: outcomeOf(step, after) }));
}

function isOpen({ kind }: Step): boolean {
  return kind === "ask" || kind === "left";
}

function outcomeOf({ kind, resource }: Step, after: State): Settled["outcome"] {
  if (kind === "forget") return "made again";
  return standing(after, resource.urn) === undefined ? "not there" : "taken over";
}

/** Asks the cloud for what was put into the state. */
async function read(
  context: StackContext,
  adopted: readonly Extract<Step, { kind: "adopt" }>[],
): Promise<void> {
  const targets = adopted.map(({ resource }) => `--target=${resource.urn}`);
  const run = await operate(context, "refresh", { withoutEvents: true, arguments: targets });
  if (run.ok) return;
  throw new Error(
    `the cloud could not be asked for what it has made (${failure(run)}). ` +
      `Run \`make mend STACK=${context.stack}\` again when it can; \`pulumi up\` is refused until then.`,
  );
}

async function exported(context: StackContext): Promise<State> {
  return readState(await pulumi(context, ["stack", "export"]));
}

async function imported(context: StackContext, state: State): Promise<void> {
  await pulumi(context, ["stack", "import"], { input: JSON.stringify(state) });
}

/** A stack of the project in `folder`, with the user's own engine, backend and credentials. */
export function ownStack(project: string, stack: string, logs: string): StackContext {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  return {
    project,
    folder: project,
    stack,
    configFile: join(project, `Pulumi.${stack}.yaml`),
    env,
    logs,
    events: logs,
  };
}

/** `make mend STACK=name`: resolves to the exit code. */
export async function mend(
  project: string,
  stack: string | undefined,
  given: Readonly<Record<string, string>>,
): Promise<number> {
  if (stack === undefined || !existsSync(join(project, `Pulumi.${stack}.yaml`)))
    throw new Error(
      `STACK=${stack ?? ""}: the stack whose run was interrupted; for example: make mend STACK=us-prod`,
    );
  const logs = mkdtempSync(join(tmpdir(), "portolan-mend-"));
  try {
    const settled = await settle(ownStack(project, stack, logs), given);
    process.stdout.write(`${describe(stack, settled)}\n`);
    return settled.some(({ outcome }) => outcome === "yours to say") ? 1 : 0;
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}
