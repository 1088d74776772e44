import { existsSync, readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, release, totalmem } from "node:os";
import { execa } from "execa";
import { checkMachine, clusterStatus } from "../../sandbox/cluster/index.ts";
import { browserPath, missingPackages } from "../../sandbox/packages.ts";
import { cacheDir } from "../../sandbox/paths.ts";
import { toolNames, toolPath } from "../../sandbox/toolchain/index.ts";
import { size } from "../report/html.ts";

/** One line of `make doctor`. */
export interface Fact {
  readonly subject: string;
  readonly has: string;
  /** `bad` keeps the drill from running as it should; `note` is worth knowing. */
  readonly state: "good" | "note" | "bad";
  readonly remedy?: string;
}

function memoryAvailable(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

function distribution(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "unknown";
}

async function said(program: string, args: readonly string[]): Promise<string | undefined> {
  const result = await execa(program, args, { reject: false, stdin: "ignore", timeout: 10_000 });
  return result.exitCode === 0 ? result.stdout.split("\n")[0] : undefined;
}

/** Kernel features: built in, loaded, or loadable. */
function kernelHas(module: string): boolean {
  const folder = `/lib/modules/${release()}`;
  // A kernel without a module folder has everything built in, or does not have it: only trying tells.
  if (!existsSync(folder)) return true;
  const listed = (file: string) =>
    existsSync(`${folder}/${file}`) && readFileSync(`${folder}/${file}`, "utf8").includes(`/${module}.ko`);
  return existsSync(`/sys/module/${module}`) || listed("modules.builtin") || listed("modules.dep");
}

/** Everything that decides how, and whether, a drill can run here. */
export async function gatherFacts(): Promise<Fact[]> {
  const root = process.getuid?.() === 0;
  const disk = statfsSync(existsSync(cacheDir()) ? cacheDir() : "/");
  const go = await said("go", ["version"]);
  const built = toolNames.filter((name) => toolPath(name) !== undefined);
  const missing = missingPackages();
  const modules = ["nf_tables", "veth", "overlay", "br_netfilter"].filter((name) => !kernelHas(name));
  const status = await clusterStatus();
  const problems = checkMachine();
  return [
    { subject: "system", has: `${distribution()}, Linux ${release()}, ${arch()}`, state: "good" },
    {
      subject: "user",
      has: root ? "root" : "not root",
      state: root ? "good" : "note",
      ...(root
        ? {}
        : { remedy: "pods will be simulated and smoke checks skipped; run as root for a real cluster" }),
    },
    { subject: "processors", has: String(availableParallelism()), state: "good" },
    { subject: "memory", has: `${size(memoryAvailable())} of ${size(totalmem())} available`, state: "good" },
    { subject: "disk", has: `${size(disk.bavail * disk.bsize)} free for ${cacheDir()}`, state: "good" },
    { subject: "Node", has: `${process.version} at ${process.execPath}`, state: "good" },
    go === undefined && built.length < toolNames.length
      ? {
          subject: "Go",
          has: "none",
          state: "bad",
          remedy: "install Go: the tools that are missing are built with it",
        }
      : { subject: "Go", has: go ?? "none, and none needed", state: "good" },
    {
      subject: "tools",
      has: `${built.length} of ${toolNames.length} there`,
      state: built.length === toolNames.length ? "good" : "note",
      ...(built.length === toolNames.length
        ? {}
        : {
            remedy: `the first drill builds ${toolNames.filter((name) => !built.includes(name)).join(", ")}`,
          }),
    },
    missing.length === 0
      ? { subject: "packages", has: "all there", state: "good" }
      : {
          subject: "packages",
          has: `missing: ${missing.join(" ")}`,
          state: root ? "note" : "bad",
          remedy: root
            ? "the drill installs them, after it named them"
            : `sudo apt-get install --no-install-recommends ${missing.join(" ")}`,
        },
    {
      subject: "cgroups",
      has: existsSync("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1 or hybrid",
      state: "good",
    },
    {
      subject: "kernel",
      has:
        modules.length === 0 ? "nf_tables, veth, overlay, br_netfilter" : `not found: ${modules.join(", ")}`,
      state: modules.length === 0 ? "good" : "note",
      ...(modules.length === 0
        ? {}
        : { remedy: `modprobe -a ${modules.join(" ")}, unless they are built in` }),
    },
    ...(await browser()),
    {
      subject: "sandbox",
      has: status.state,
      state: status.state === "broken" ? "bad" : "good",
      ...brokenRemedy(status.state),
    },
    ...problems.map(
      (problem): Fact => ({
        subject: problem.subject,
        has: problem.has,
        state: "bad",
        remedy: `needs ${problem.needs}; ${problem.remedy}`,
      }),
    ),
  ];
}

function brokenRemedy(state: string): { remedy?: string } {
  return state === "broken" ? { remedy: "make sandbox-stop, then make drill" } : {};
}

async function browser(): Promise<Fact[]> {
  const found = browserPath();
  if (found === undefined) return [];
  return [{ subject: "browser", has: (await said(found, ["--version"])) ?? found, state: "good" }];
}
