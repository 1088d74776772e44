/**
 * Settles what an interrupted run left: creations that the engine began and never heard the end of. Takes over what is
 * there, forgets what is not, and deletes nothing. Works through the `pulumi` command alone.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure, operate, pulumi, type StackContext } from "../pulumi/cli.ts";
import { findTagged } from "./find.ts";
import { plan, type Step, searched } from "./plan.ts";
import { readState, type State, standing, withAdopted, withSettled } from "./state.ts";
import { describe } from "./text.ts";

/** What became of one interrupted creation. */
export type Settled = Step & { readonly outcome: "taken over" | "not there" | "made again" | "yours to say" };

/** @throws with the engine's words when the cloud or the state cannot be reached; the state is then as it was */
export async function settle(
  context: StackContext,
  given: Readonly<Record<string, string>> = {},
): Promise<readonly Settled[]> {
  const before = await exported(context);
  const wanted = searched(before);
  const things = wanted.length === 0 ? [] : await findTagged(context, before, wanted);
  const steps = plan(before, things, given);
  const adopted = steps.filter((step) => step.kind === "adopt");
  if (adopted.length > 0) await read(context, before, adopted);
  const after = adopted.length > 0 ? await exported(context) : before;
  const done = new Set(
    steps.flatMap(({ kind, resource }) => (kind === "adopt" || kind === "forget" ? [resource.urn] : [])),
  );
  if (done.size > 0) await imported(context, withSettled(after, done));
  return steps.map((step) => ({ ...step, outcome: outcomeOf(step, after) }));
}

function outcomeOf({ kind, resource }: Step, after: State): Settled["outcome"] {
  if (kind === "forget") return "made again";
  if (kind !== "adopt") return "yours to say";
  return standing(after, resource.urn) === undefined ? "not there" : "taken over";
}

/**
 * Puts resources into the state by their ids and asks the cloud for them. When it cannot be asked, the state is put back
 * as it was.
 */
async function read(
  context: StackContext,
  before: State,
  adopted: readonly Extract<Step, { kind: "adopt" }>[],
): Promise<void> {
  await imported(context, withAdopted(before, adopted));
  const targets = adopted.map(({ resource }) => `--target=${resource.urn}`);
  const run = await operate(context, "refresh", { withoutEvents: true, arguments: targets });
  if (run.ok) return;
  await imported(context, before);
  throw new Error(`the state is as it was: the cloud could not be asked (${failure(run)})`);
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
