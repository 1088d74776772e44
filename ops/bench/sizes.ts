import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../sandbox/paths.ts";
import type { Figure } from "./table.ts";

/** Kilobytes from a line of a /proc file. */
function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
}

/** The given processes and all below them. */
function sandboxProcesses(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  for (const pid of pids) {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? 0);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It ended meanwhile.
    }
  }
  const found = new Set<number>();
  const add = (pid: number) => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) add(child);
  };
  for (const root of roots) add(root);
  return [...found];
}

/**
 * Memory of the whole sandbox, pods included, as proportional set size: pages that processes share (one binary run
 * many times) are counted once.
 */
export function memoryFigure(roots: readonly number[], what: string): Figure {
  const pids = sandboxProcesses(roots);
  let shared = 0;
  let resident = 0;
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      shared += kilobytes(text, "Pss");
      resident += kilobytes(text, "Rss");
    } catch {
      // Ended, or a kernel thread.
    }
  }
  return {
    name: `memory of the sandbox ${what}`,
    value: (shared * 1024) / 1e9,
    unit: "GB",
    limit: 2,
    note: `${pids.length} processes, proportional; ${((resident * 1024) / 1e9).toFixed(2)} GB with shared pages counted each time`,
  };
}

/** What stays on disk for one sandbox: tools, images, and the node's own image store. Build caches are gone by then. */
export async function diskFigure(cluster: string): Promise<Figure> {
  const parts = ["bin", "crds", "images", "engine", join("clusters", cluster)].filter((part) =>
    existsSync(join(cacheDir(), part)),
  );
  const folders = parts.map((part) => join(cacheDir(), part));
  const { stdout } = await execa("du", ["--summarize", "--block-size=1", "--one-file-system", ...folders]);
  const sizes = stdout.split("\n").map((line) => Number(line.split("\t")[0]) / 1e9);
  return {
    name: "disk that stays in use",
    value: sizes.reduce((sum, size) => sum + size, 0),
    unit: "GB",
    limit: 3,
    note: parts.map((part, index) => `${part} ${sizes[index]?.toFixed(2)}`).join(", "),
  };
}
