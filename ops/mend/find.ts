/** Asks a cloud for what it alone can tell: what carries the tags of a stack, and which subscription it is in. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Resource, State } from "../../stacks/exportedState.ts";
import { failure, operate, pulumi, type StackContext } from "../pulumi/cli.ts";
import { ensureStack, openProject } from "../pulumi/workspace.ts";
import { type Found, stackTag } from "./plan.ts";
import { providerOf } from "./state.ts";

const program = join(import.meta.dirname, "find");
const outputs = z.object({
  things: z.array(z.object({ arn: z.string(), tags: z.record(z.string(), z.string()) })),
  subscriptionId: z.string(),
});

/**
 * What can be asked through the providers of these resources. A program of its own does it, with
 * a state in a folder that goes with it: a program is the only way in which the engine looks anything up.
 *
 * @throws with the engine's words when the cloud cannot be asked
 */
export async function ask(
  context: StackContext,
  state: State,
  resources: readonly Resource[],
): Promise<Found> {
  const providers = new Map(
    resources.flatMap((resource) => {
      const provider = providerOf(state, resource);
      return provider === undefined ? [] : [[provider.urn, provider]];
    }),
  );
  const found: Found[] = [];
  for (const provider of providers.values()) found.push(await askOne(context, provider));
  return {
    things: found.flatMap(({ things }) => things),
    subscriptionId: found.map(({ subscriptionId }) => subscriptionId).find((one) => one !== ""),
  };
}

async function askOne(context: StackContext, provider: Resource): Promise<Found> {
  const work = mkdtempSync(join(tmpdir(), "portolan-find-"));
  try {
    mkdirSync(join(work, "state"));
    const env = {
      ...withoutSecrets(context.env),
      PULUMI_BACKEND_URL: `file://${join(work, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "",
    };
    const { version: _, __internal, ...settings } = provider.inputs;
    const asking = openProject({ ...context, env, logs: work, events: work }, program, work, "find", {
      "portolan-find:cloud": provider.type.split(":").at(-1),
      "portolan-find:stack": stackTag(provider) ?? "",
      "portolan-find:provider": JSON.stringify(settings),
    });
    await ensureStack(asking);
    const run = await operate(asking, "up", { withoutEvents: true });
    if (!run.ok) throw new Error(`the cloud could not be asked what the stack has made: ${failure(run)}`);
    return outputs.parse(JSON.parse(await pulumi(asking, ["stack", "output", "--json"])));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The passphrase of the user's own state seals nothing here. */
function withoutSecrets(env: StackContext["env"]): StackContext["env"] {
  const { PULUMI_CONFIG_PASSPHRASE: _, PULUMI_CONFIG_PASSPHRASE_FILE: __, ...rest } = env;
  return rest;
}
