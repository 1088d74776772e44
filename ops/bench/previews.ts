import { join } from "node:path";
import type { Inside } from "../inside.ts";
import { operateOrThrow, type StackContext } from "../pulumi/cli.ts";
import { type ClusterSettings, ensureStack, openProject } from "../pulumi/workspace.ts";
import { type Figure, median, slope } from "./table.ts";

const floorFolder = join(import.meta.dirname, "floor");
const counts = [2, 10, 20, 50] as const;

/** As a user runs it: no event log is written. */
const bare = { withoutEvents: true };

/** Tenants by made-up slugs, as a stack file has them; each with a port of its own where the application wants one. */
export function manyTenants(app: string, count: number): NonNullable<ClusterSettings["tenants"]> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `t${index}`,
      {
        hosts: [`t${index}.portolan.test`],
        ...(app === "orthanc" ? { tcp: { dicom: 11_112 + index } } : {}),
      },
    ]),
  );
}

/** An empty stack of the project with so many tenants, beside the one that is up: what a pull request previews. */
async function emptyStack(inside: Inside, tenants: number): Promise<StackContext> {
  const context = inside.stackBeside(`bench${tenants}`, {
    tenants: manyTenants(inside.run.app, tenants),
  });
  await ensureStack(context);
  return context;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** A program of `count` trivial resources with the same engine, state and machine. */
async function floorStack(inside: Inside, count: number): Promise<StackContext> {
  const context = openProject(inside.context, floorFolder, join(inside.run.work, "floor"), "floor", {
    "portolan-floor:count": count,
  });
  await ensureStack(context);
  return context;
}

/** Previews of empty stacks with 2 to 50 tenants, each against a program of as many trivial resources. */
export async function previewFigures(inside: Inside, report: (line: string) => void): Promise<Figure[]> {
  const points: [number, number][] = [];
  const bottom: [number, number][] = [];
  const resources: [number, number][] = [];
  const figures: Figure[] = [];
  for (const count of counts) {
    report(`previews with ${count} tenants`);
    const runs = count <= 20 ? 5 : 3;
    const context = await emptyStack(inside, count);
    const { operation } = await operateOrThrow(context, "preview", { label: "preview-warm" });
    const total = Object.values(operation.changes).reduce((sum, each) => sum + each, 0);
    const floorContext = await floorStack(inside, total);
    // By turns: what else the machine does then weighs on both alike.
    const [times, floors]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn++) {
      times.push(await timed(() => operateOrThrow(context, "preview", { label: "preview", ...bare })));
      floors.push(await timed(() => operateOrThrow(floorContext, "preview", { label: "floor", ...bare })));
    }
    const [time, floor] = [median(times), median(floors)];
    points.push([count, time]);
    bottom.push([count, floor]);
    resources.push([count, operation.custom.length]);
    figures.push({
      name: `preview with ${count} tenants, against the floor`,
      value: time / floor,
      unit: "×",
      ...(count === 2 ? { limit: 1.5 } : {}),
      note: `${Math.round(time)} ms, floor ${Math.round(floor)} ms, ${total} resources, median of ${runs}`,
    });
  }
  const upTo20 = points.filter(([count]) => count <= 20);
  const beyond = points.filter(([count]) => count >= 20);
  return [
    ...figures,
    { name: "one more tenant in a preview, 2 to 20 tenants", value: slope(upTo20), unit: "ms", limit: 20 },
    { name: "one more tenant in a preview, 20 to 50 tenants", value: slope(beyond), unit: "ms" },
    {
      name: "one more tenant, against as many resources of the floor",
      value: slope(points) / slope(bottom),
      unit: "×",
      note: `floor ${slope(bottom).toFixed(0)} ms for what a tenant has`,
    },
    { name: "custom resources a tenant", value: Math.round(slope(resources) * 10) / 10, unit: "", limit: 15 },
  ];
}
