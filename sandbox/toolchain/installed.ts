import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { execaSync } from "execa";
import { binDir } from "../paths.ts";
import { familyOf, type ToolName } from "./families.ts";
import { sameMajor, withinOneMinor } from "./versions.ts";

interface Probe {
  readonly command: string;
  readonly args: readonly string[];
  readonly fits: (found: string, wanted: string) => boolean;
}

/**
 * What may stand in for a built tool, and how it tells its version. Parts of the cluster are not here: they are
 * tested as one version, and a machine that has a kubelet is often somebody's node.
 */
const probes: { readonly [K in ToolName]?: Probe } = {
  pulumi: { command: "pulumi", args: ["version"], fits: sameMajor },
  helm: { command: "helm", args: ["version", "--short"], fits: sameMajor },
  helm3: { command: "helm", args: ["version", "--short"], fits: sameMajor },
  kubectl: { command: "kubectl", args: ["version", "--client"], fits: withinOneMinor },
};

/** First executable file of that name on PATH outside our own folder. */
export function onPath(command: string, path = process.env.PATH ?? ""): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder) || folder === binDir()) continue;
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return undefined;
}

const memory = new Map<string, string | undefined>();

/** Path of an installed program that fits in place of the tool, asked once a process and PATH. */
export function installedTool(tool: ToolName): string | undefined {
  const probe = probes[tool];
  if (probe === undefined) return undefined;
  const remembered = `${tool} ${process.env.PATH ?? ""}`;
  if (!memory.has(remembered)) memory.set(remembered, ask(tool, probe));
  return memory.get(remembered);
}

function ask(tool: ToolName, probe: Probe): string | undefined {
  const file = onPath(probe.command);
  if (file === undefined) return undefined;
  const answer = execaSync(file, [...probe.args], {
    reject: false,
    timeout: 10_000,
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return !answer.failed && probe.fits(answer.stdout, familyOf(tool).version) ? file : undefined;
}
