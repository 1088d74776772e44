import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { binDir } from "../paths.ts";
import type { Family, ToolName } from "./families.ts";
import { buildFlags, goEnvironment } from "./go.ts";
import { duration, type Report, size, stopwatch } from "./progress.ts";
import { builtPath, currentKey, moduleDir, sha256, writeRecord } from "./record.ts";

/** How often a build that goes on says so. */
const reportEvery = 15_000;

/** The command line of a build, without the output and the package. */
export function buildArguments(family: Family): string[] {
  const stamps = Object.entries(family.stamps).map(([variable, text]) => `-X ${variable}=${text}`);
  const tags = family.tags.length > 0 ? ["-tags", family.tags.join(",")] : [];
  return ["build", ...buildFlags, ...tags, "-ldflags", ["-s", "-w", ...stamps].join(" "), "-v"];
}

/** Runs a Go command in the family's module and says now and then how far it is. */
async function go(
  family: Family,
  args: readonly string[],
  report: Report,
  progress: (lines: number) => string,
): Promise<string> {
  const elapsed = stopwatch();
  const child = execa("go", [...args], {
    cwd: moduleDir(family.name),
    env: goEnvironment(),
    reject: false,
    all: true,
  });
  let lines = 0;
  if (child.all !== undefined) {
    createInterface({ input: child.all }).on("line", (line) => {
      // Downloads are told in several words, packages are named by one.
      if (line.startsWith("go: downloading") || !line.includes(" ")) lines += 1;
    });
  }
  const timer = setInterval(() => {
    report(`${family.name}: ${progress(lines)}, ${duration(elapsed())}`);
  }, reportEvery);
  const result = await child.finally(() => clearInterval(timer));
  if (result.failed) throw failure(family, args, result.all);
  return result.stdout;
}

function failure(family: Family, args: readonly string[], output: string): Error {
  const tail = output
    .split("\n")
    .filter((line) => line.includes(" ") && !line.startsWith("go: downloading"))
    .slice(-15)
    .join("\n");
  return new Error(
    `go ${args[0] ?? ""} failed for ${family.name} (in ${moduleDir(family.name)}):\n${tail}\n` +
      "What was compiled so far is kept: run the same command again to go on from here.",
  );
}

/**
 * Builds the tools of one family, checks the modules against go.sum and against what was downloaded, and puts
 * each program with its record in place in one step. Packages compiled by an interrupted build are not compiled
 * again.
 */
export async function buildFamily(
  family: Family,
  tools: readonly ToolName[],
  goVersion: string,
  report: Report,
): Promise<void> {
  const elapsed = stopwatch();
  // A number of its own, because the compiler of a killed run may still be at work.
  const staging = join(binDir(), ".new", `${family.name}-${process.pid}`);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  report(`${family.name} ${family.version}: modules`);
  const packages = tools.map((tool) => family.tools[tool] ?? ".");
  const tags = family.tags.length > 0 ? ["-tags", family.tags.join(",")] : [];
  const list = ["list", "-deps", ...buildFlags, ...tags, ...packages];
  const listed = await go(family, list, report, (lines) => `${lines} modules downloaded`);
  await go(family, ["mod", "verify"], report, () => "verifying modules");
  // Packages from an earlier, interrupted build are not named again.
  const total = listed.split("\n").length;
  const compiled = (lines: number) => `compiled ${lines} of at most ${total} packages`;
  // Several packages at once share the linker's waiting time; the output's name is then Go's choice.
  const files = new Map<ToolName, string>();
  const single = tools.length === 1;
  for (const tool of tools) files.set(tool, join(staging, tool));
  const output = single && tools[0] !== undefined ? join(staging, tools[0]) : `${staging}/`;
  await go(family, [...buildArguments(family), "-o", output, ...packages], report, compiled);
  for (const [tool, file] of files) await place(family, tool, file, goVersion);
  const bytes = await Promise.all(tools.map(async (tool) => (await stat(builtPath(tool))).size));
  const sum = bytes.reduce((left, right) => left + right, 0);
  report(
    `${family.name} ${family.version}: built ${tools.join(", ")} in ${duration(elapsed())}, ${size(sum)}`,
  );
  await rm(staging, { recursive: true, force: true });
}

async function place(family: Family, tool: ToolName, file: string, goVersion: string): Promise<void> {
  await chmod(file, 0o755);
  const sum = await sha256(file);
  await rename(file, builtPath(tool));
  const { size: bytes, mtimeMs } = await stat(builtPath(tool));
  await writeRecord(tool, {
    tool,
    version: family.version,
    key: currentKey(tool),
    goVersion,
    sha256: sum,
    bytes,
    mtimeMs,
  });
}
