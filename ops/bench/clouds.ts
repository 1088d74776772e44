/** The parts of the bench that are about a cloud: simulated, with simulated pods, so that scale is what is seen. */
import { execa } from "execa";
import { type Inside, project } from "../inside.ts";
import { playBalancers } from "./balancers.ts";
import { cellFigures } from "./cells.ts";
import { growthFigures } from "./growth.ts";
import { productionFigures } from "./production.ts";
import type { Figure } from "./table.ts";

/** Each figure is handed to `save` as soon as it is known: a part that fails loses nothing of the others. */
export async function cloudFigures(
  inside: Inside,
  { parts, counts }: { readonly parts: ReadonlySet<"clouds" | "cells">; readonly counts: readonly number[] },
  report: (line: string) => void,
  save: (figures: readonly Figure[]) => void,
): Promise<void> {
  const balancers = playBalancers(inside.kube);
  try {
    if (parts.has("clouds")) {
      save(await productionFigures(inside, counts, report));
      save([await typesFigure(report)]);
      await growthFigures(inside, counts, report, save);
    }
    if (parts.has("cells")) await cellFigures(inside, Math.min(20, Math.max(...counts)), report, save);
  } finally {
    balancers.stop();
  }
}

async function typesFigure(report: (line: string) => void): Promise<Figure> {
  report("types of the whole project");
  const begin = performance.now();
  // Without what an earlier run remembers: that would be the time to look whether anything changed.
  await execa("tsc", ["-p", ".", "--incremental", "false"], { cwd: project, preferLocal: true });
  return {
    name: "types of the whole project",
    value: (performance.now() - begin) / 1000,
    unit: "s",
    limit: 30,
  };
}
