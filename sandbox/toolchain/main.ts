import { binDir } from "../paths.ts";
import { ensureCrds, ensureTools, isToolName, type ToolName, timedReport, toolNames } from "./index.ts";

/** `node sandbox/toolchain/main.ts [tool...|crds]`: builds what is missing, prints the paths. */
async function main(words: readonly string[]): Promise<void> {
  const report = timedReport((text) => process.stderr.write(text));
  const unknown = words.filter((word) => word !== "crds" && !isToolName(word));
  if (unknown.length > 0) {
    throw new Error(`unknown tool ${unknown.join(", ")}; allowed: crds, ${toolNames.join(", ")}`);
  }
  const names: readonly ToolName[] = words.length > 0 ? words.filter(isToolName) : toolNames;
  const paths = await ensureTools(names, report);
  if (words.length === 0 || words.includes("crds")) await ensureCrds(report);
  report(`ready, built ones in ${binDir()}`);
  process.stdout.write(names.map((name) => `${name}\t${paths[name]}\n`).join(""));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
