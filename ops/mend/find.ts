/** Asks the cloud for what it alone can name: by the tags that everything of a stack carries. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { failure, operate, pulumi, type StackContext } from "../pulumi/cli.ts";
import { ensureStack, openProject } from "../pulumi/workspace.ts";
import { stackTag, type Thing } from "./plan.ts";
import { providerOf, type Resource, type State } from "./state.ts";

const program = join(import.meta.dirname, "find");
const outputs = z.object({
  things: z.array(z.object({ arn: z.string(), tags: z.record(z.string(), z.string()) })),
});

/**
 * All that carries the stack's tags, asked through the providers of these resources. A program of its own does it, with
 * a state in a folder that goes with it: a program is the only way in which the engine looks anything up.
 *
 * @throws with the engine's words when the cloud cannot be asked
 */
export async function findTagged(
  context: StackContext,
  state: State,
  resources: readonly Resource[],
): Promise<readonly Thing[]> {
  const providers = new Map(
    resources.flatMap((resource) => {
      const provider = providerOf(state, resource);
      return provider === undefined ? [] : [[provider.urn, provider]];
    }),
  );
  const found: Thing[] = [];
  for (const provider of providers.values()) found.push(...(await askOne(context, provider)));
  return found;
}

async function askOne(context: StackContext, provider: Resource): Promise<readonly Thing[]> {
  const stack = stackTag(provider);
  if (stack === undefined) return [];
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
      "portolan-find:stack": stack,
      "portolan-find:provider": JSON.stringify(settings),
    });
    await ensureStack(asking);
    const run = await operate(asking, "up", { withoutEvents: true });
    if (!run.ok) throw new Error(`AWS could not be asked what the stack has made: ${failure(run)}`);
    return outputs.parse(JSON.parse(await pulumi(asking, ["stack", "output", "--json"]))).things;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The passphrase of the user's own state seals nothing here. */
function withoutSecrets(env: StackContext["env"]): StackContext["env"] {
  const { PULUMI_CONFIG_PASSPHRASE: _, PULUMI_CONFIG_PASSPHRASE_FILE: __, ...rest } = env;
  return rest;
}
