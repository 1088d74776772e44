import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { clusterStatus, readHandle, startCluster, stopCluster } from "../../sandbox/cluster/index.ts";
import { installControllers } from "../../sandbox/controllers/index.ts";
import { stage } from "../commands.ts";
import { type Inside, project } from "../inside.ts";
import { operateOrThrow } from "../pulumi/cli.ts";
import { readRehearsal } from "../rehearsal.ts";
import type { Settings } from "../settings.ts";
import { cloudFigures } from "./clouds.ts";
import { previewFigures } from "./previews.ts";
import { releaseFigures } from "./releases.ts";
import { diskFigure, memoryFigure } from "./sizes.ts";
import { type Figure, renderTable } from "./table.ts";

const figureFile = (evidence: string) => join(evidence, "figures.json");
const figures = z.array(
  z.custom<Figure>(
    (value) => typeof value === "object" && value !== null && "name" in value && "value" in value,
  ),
);

/** The cluster's start, from nothing with images cached: to Ready, and to where the edge answers. */
async function clusterFigures(name: string): Promise<Figure[]> {
  await stopCluster(name);
  try {
    const begin = performance.now();
    const handle = await startCluster({ name });
    const ready = performance.now();
    await installControllers(handle);
    const served = performance.now();
    return [
      {
        name: "cluster ready",
        value: (ready - begin) / 1000,
        unit: "s",
        limit: 12,
        note: "tools and images cached",
      },
      { name: "edge, certificates and policies on top", value: (served - ready) / 1000, unit: "s" },
    ];
  } finally {
    await stopCluster(name);
  }
}

/** The part that needs the cluster. */
export async function benchInside(
  inside: Inside,
  { BENCH: part, TENANTS: counts }: Pick<Settings, "BENCH" | "TENANTS">,
): Promise<void> {
  const begin = performance.now();
  const say = (line: string) =>
    process.stderr.write(`bench: ${Math.round((performance.now() - begin) / 1000)} s: ${line}\n`);
  const found: Figure[] = [];
  const save = () => writeFileSync(figureFile(inside.run.evidence), JSON.stringify(found));
  if (inside.run.rehearsal === null) return benchLocal(inside, found, save, say);
  const parts = new Set((["clouds", "cells"] as const).filter((one) => part === "all" || part === one));
  await cloudFigures(inside, { parts, counts }, say, (figures) => {
    found.push(...figures);
    save();
  });
}

/** A stack of two tenants is brought up, measured and destroyed. */
async function benchLocal(
  inside: Inside,
  found: Figure[],
  save: () => void,
  say: (line: string) => void,
): Promise<void> {
  found.push(...(await previewFigures(inside, say)));
  save();
  if (inside.run.cluster.simulated) return;
  say("pulumi up with two tenants");
  const begin = performance.now();
  await operateOrThrow(inside.context, "up");
  found.push({ name: "up with two tenants", value: (performance.now() - begin) / 1000, unit: "s" });
  const handle = readHandle(inside.run.cluster.name);
  if (handle !== undefined) {
    found.push(
      memoryFigure(
        handle.pids.map((process) => process.pid),
        "with two tenants",
      ),
    );
  }
  save();
  try {
    found.push(...(await releaseFigures(inside, say)));
  } finally {
    say("pulumi destroy");
    const end = performance.now();
    await operateOrThrow(inside.context, "destroy");
    found.push({ name: "destroy of two tenants", value: (performance.now() - end) / 1000, unit: "s" });
    save();
  }
}

/**
 * `make bench`: resolves to the exit code, which says whether it could measure, not whether the figures please. A part
 * that fails still shows what it had measured.
 */
export async function bench(settings: Settings): Promise<number> {
  const codes: number[] = [];
  if (settings.BENCH === "all" || settings.BENCH === "local") codes.push(await local(settings));
  if (settings.BENCH !== "local") codes.push(await inClouds(settings));
  return codes.find((code) => code !== 0) ?? 0;
}

async function local(settings: Settings): Promise<number> {
  const cluster = settings.CONTEXT === undefined ? await clusterFigures(beside(settings, "bench")) : [];
  const before = await clusterStatus(settings.SANDBOX);
  const { code, evidence } = await stage("bench", settings);
  // Only a cluster that this bench started is its to stop.
  if (settings.CONTEXT === undefined && before.state === "none") await stopCluster(settings.SANDBOX);
  show("stack local", [...cluster, ...measured(evidence), await diskFigure(settings.SANDBOX)]);
  return code;
}

/** In a cluster of its own, with simulated nodes: the question is scale, not pods. */
async function inClouds(settings: Settings): Promise<number> {
  const name = beside(settings, "scale");
  const rehearsal = readRehearsal(project, "drill-aws");
  const own = { ...settings, APP: "probe" as const, SANDBOX: name, CONTEXT: undefined };
  try {
    const { code, evidence } = await stage("bench", own, { rehearsal, simulated: true });
    show("in a cloud: AWS is simulated, and so are the pods", measured(evidence));
    return code;
  } finally {
    if (!settings.KEEP) await stopCluster(name);
  }
}

/** Name of a cluster of the bench's own. A name has 20 characters at the most. */
function beside({ SANDBOX }: Settings, what: "bench" | "scale"): string {
  return `${SANDBOX.slice(0, 14)}-${what}`;
}

function measured(evidence: string): Figure[] {
  const file = figureFile(evidence);
  return existsSync(file) ? figures.parse(JSON.parse(readFileSync(file, "utf8"))) : [];
}

function show(title: string, all: readonly Figure[]): void {
  if (all.length === 0) return;
  process.stdout.write(`\n${title}\n\n${renderTable(all)}\n`);
}
