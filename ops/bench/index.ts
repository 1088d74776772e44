import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { clusterStatus, readHandle, startCluster, stopCluster } from "../../sandbox/cluster/index.ts";
import { installControllers } from "../../sandbox/controllers/index.ts";
import { stage } from "../commands.ts";
import type { Inside } from "../inside.ts";
import { operateOrThrow } from "../pulumi/cli.ts";
import type { Settings } from "../settings.ts";
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
async function clusterFigures(): Promise<Figure[]> {
  const name = "bench";
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

/** The part that needs the cluster: a stack of two tenants is brought up, measured and destroyed. */
export async function benchInside(inside: Inside): Promise<void> {
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  const found: Figure[] = [];
  const save = () => writeFileSync(figureFile(inside.run.evidence), JSON.stringify(found));
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

/** `make bench`: resolves to the exit code, which says whether it could measure, not whether the figures please. */
export async function bench(settings: Settings): Promise<number> {
  const cluster = settings.CONTEXT === undefined ? await clusterFigures() : [];
  const before = await clusterStatus(settings.SANDBOX);
  const { code, evidence } = await stage("bench", settings);
  // Only a cluster that this bench started is its to stop.
  if (settings.CONTEXT === undefined && before.state === "none") await stopCluster(settings.SANDBOX);
  if (code !== 0) return code;
  const measured = figures.parse(JSON.parse(readFileSync(figureFile(evidence), "utf8")));
  process.stdout.write(`\n${renderTable([...cluster, ...measured, await diskFigure(settings.SANDBOX)])}\n`);
  return 0;
}
