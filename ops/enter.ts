/** From the user's side of the network namespace to the other: what a run needs there, and the program started again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { z } from "zod";
import { insidePrefix } from "../sandbox/cluster/index.ts";
import { cacheDir, clusterDir } from "../sandbox/paths.ts";
import { ensureTools } from "../sandbox/toolchain/index.ts";
import { project } from "./inside.ts";
import type { Prepared } from "./prepare.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { RUN_FILE, type Run, writeRun } from "./run.ts";
import type { Settings } from "./settings.ts";
import { smokeOf } from "./smoke/index.ts";
import { ensureTestImages } from "./smoke/testImages.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

/** The version of an application that its own chart is made for. */
function appVersionOf(app: string): string {
  const chart: unknown = parse(readFileSync(join(project, "charts", app, "Chart.yaml"), "utf8"));
  return z.object({ appVersion: z.string() }).parse(chart).appVersion;
}

/** All that is known before it: `folders` are for the stack and its state, and for evidence. */
export async function runOf(
  command: Run["command"],
  settings: Settings,
  prepared: Prepared,
  folders: { work: string; evidence: string },
  rehearsal: Rehearsal | null = null,
): Promise<Run> {
  const handle = prepared.cluster;
  if (handle === undefined) throw new Error("no cluster: an earlier step should have said so");
  const wantsImages =
    smokeOf(settings.APP).wantsImages && !handle.simulated && (command === "drill" || command === "smoke");
  return {
    command,
    app: settings.APP,
    appVersion: appVersionOf(settings.APP),
    full: settings.FULL,
    target: rehearsal?.cloud ?? (settings.TARGET === "existing" ? "existing" : "local"),
    rehearsal: rehearsal && { ...rehearsal, tenants: [...rehearsal.tenants] },
    keep: settings.KEEP,
    rules: settings.RULES ?? null,
    cluster: {
      name: handle.name,
      kubeconfig: handle.kubeconfig,
      context: handle.context,
      netns: handle.netns,
      simulated: handle.simulated,
      external: handle.external,
      kubectl: (await ensureTools(["kubectl"])).kubectl,
      volumeFolders: handle.external
        ? []
        : ["local", "shared"].map((kind) => join(clusterDir(handle.name), "run", "volumes", kind)),
    },
    images: prepared.images,
    archives: prepared.archives,
    testImages: wantsImages ? await ensureTestImages(cacheDir(), say) : "",
    ...folders,
  };
}

/** Runs this program again where the cluster can be reached; resolves to its exit code. */
export async function reenter(run: Run, prepared: Prepared): Promise<number> {
  const file = join(run.evidence, "run.json");
  writeRun(file, run);
  const prefix = prepared.cluster === undefined ? [] : insidePrefix(prepared.cluster);
  const [program = process.execPath, ...args] = [
    ...prefix,
    process.execPath,
    join(project, "ops", "main.ts"),
    "inside",
  ];
  const env: NodeJS.ProcessEnv = { ...process.env, [RUN_FILE]: file };
  // The stack's own passphrase file is the only one there: a user's must not seal a drill.
  for (const key of ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_BACKEND_URL"])
    delete env[key];
  const result = await execa(program, args, { stdio: "inherit", env, extendEnv: false, reject: false });
  return result.exitCode ?? 1;
}
