import { mkdir, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { binDir, buildDir, cacheDir } from "../paths.ts";
import { buildFamily } from "./build.ts";
import { crdsAreCurrent, fetchCrds } from "./crds.ts";
import { families, familyOf, isToolName, type ToolName } from "./families.ts";
import { goVersion, requireGo } from "./go.ts";
import { installedTool } from "./installed.ts";
import { withLock } from "./lock.ts";
import { duration, type Report, size, stopwatch } from "./progress.ts";
import { builtPath, currentTool, isCurrent } from "./record.ts";

export { type CrdSet, crdFiles } from "./crds.ts";
export { isToolName, type ToolName, toolNames } from "./families.ts";
export { duration, type Report, size, stopwatch, timedReport } from "./progress.ts";

/** Disk that module and build caches take at most while everything is built (measured: 14 GB). */
const buildBytes = 16e9;

/** Path of a tool that is there already: installed in a fitting version, or built from this checkout's modules. */
export function toolPath(name: ToolName): string | undefined {
  return installedTool(name) ?? currentTool(name);
}

/**
 * Makes tools available and answers their absolute paths. What is installed in a fitting version is used as it
 * is, what was built before stays when modules, flags, Go and bytes are the same, the rest is built family by
 * family; the module and build caches are removed after the last one. An interrupted build goes on where it was
 * when run again. Two processes at once: the second waits.
 *
 * @throws when Go is missing or too old, the disk is too full, or a build fails; each says the remedy.
 */
export async function ensureTools<Name extends ToolName>(
  names: readonly Name[],
  report: Report = () => {},
): Promise<Record<Name, string>> {
  const wanted = names.filter((name) => installedTool(name) === undefined);
  const withCrds = names.some((name) => name === "kube-apiserver");
  if ((await missing(wanted)).length > 0 || (withCrds && !crdsAreCurrent())) {
    await withLock(join(cacheDir(), "build.lock"), report, () => build(wanted, withCrds, report));
  }
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) paths[name] = installedTool(name) ?? builtPath(name);
  const complete = (found: Partial<Record<Name, string>>): found is Record<Name, string> =>
    names.every((name) => found[name] !== undefined);
  if (!complete(paths)) throw new Error(`no path for one of ${names.join(", ")}`);
  return paths;
}

/** Makes `crdFiles` answer, without building a program. An API server's build does it too. */
export async function ensureCrds(report: Report = () => {}): Promise<void> {
  if (crdsAreCurrent()) return;
  await withLock(join(cacheDir(), "build.lock"), report, () => build([], true, report));
}

async function missing(names: readonly ToolName[]): Promise<ToolName[]> {
  const version = await goVersion();
  const absent: ToolName[] = [];
  for (const name of names) if (!(await isCurrent(name, version))) absent.push(name);
  return absent;
}

async function build(names: readonly ToolName[], withCrds: boolean, report: Report): Promise<void> {
  // Asked again under the lock: whoever held it may have built them.
  const absent = await missing(names);
  const crds = withCrds && !crdsAreCurrent();
  if (absent.length === 0 && !crds) return;
  const version = await requireGo();
  await mkdir(binDir(), { recursive: true });
  await mkdir(join(buildDir(), "tmp"), { recursive: true });
  if (absent.length > 0) await requireDisk();
  const elapsed = stopwatch();
  const due = families.filter((family) => absent.some((name) => familyOf(name) === family));
  if (due.length > 0) {
    report(`to build with Go ${version}: ${absent.join(", ")} (a first build of all takes about 20 min)`);
  }
  if (crds) await fetchCrds(report);
  for (const [index, family] of due.entries()) {
    const tools = Object.keys(family.tools).filter(isToolName);
    report(`family ${index + 1} of ${due.length}`);
    await buildFamily(
      family,
      tools.filter((tool) => absent.includes(tool)),
      version,
      report,
    );
  }
  report("removing the module and build caches");
  await removeCaches();
  await rm(join(binDir(), ".new"), { recursive: true, force: true });
  if (due.length > 0) report(`tools ready after ${duration(elapsed())} in ${binDir()}`);
}

/** In two steps, because a removal that is cut short must not leave half a module cache for the next build. */
async function removeCaches(): Promise<void> {
  const gone = `${buildDir()}.gone`;
  await rm(gone, { recursive: true, force: true });
  await rename(buildDir(), gone);
  await rm(gone, { recursive: true, force: true });
}

async function requireDisk(): Promise<void> {
  const { bavail, bsize } = await statfs(buildDir());
  const refusal = diskRefusal(bavail * bsize, buildDir());
  if (refusal !== undefined) throw new Error(refusal);
}

/** Why a build is not begun with so many bytes free in its folder; undefined when they are enough. */
export function diskRefusal(free: number, folder: string): string | undefined {
  if (free >= buildBytes) return undefined;
  return (
    `Building the sandbox's tools takes up to ${size(buildBytes)} of disk while it runs, and ` +
    `${size(free)} are free for ${folder}. Free some, or set XDG_CACHE_HOME to a folder ` +
    "on a larger disk. Afterwards about 1 GB stays."
  );
}
