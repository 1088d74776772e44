import type { Inside } from "../inside.ts";
import type { StackContext } from "../pulumi/cli.ts";
import { type ClusterSettings, ensureStack } from "../pulumi/workspace.ts";
import { countResources, floorStack } from "./measure.ts";
import { inProcessors, type Pair, previewPair } from "./pairs.ts";
import { type Figure, slope } from "./table.ts";

const counts = [2, 10, 20, 50] as const;

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

/** Previews of empty stacks with 2 to 50 tenants, each against a program of as many trivial resources. */
export async function previewFigures(inside: Inside, report: (line: string) => void): Promise<Figure[]> {
  const points: [number, Pair][] = [];
  const resources: [number, number][] = [];
  const figures: Figure[] = [];
  for (const count of counts) {
    report(`previews with ${count} tenants`);
    const runs = count <= 20 ? 5 : 3;
    const context = await emptyStack(inside, count);
    const { total, custom } = await countResources(context);
    const floorContext = await floorStack(inside.context, inside.run.work, total);
    const preview = await previewPair(context, floorContext, runs);
    const { ms: time, floor } = preview;
    points.push([count, preview]);
    resources.push([count, custom]);
    figures.push({
      name: `preview with ${count} tenants, against the floor`,
      value: time / floor,
      unit: "×",
      ...(count === 2 ? { limit: 1.5 } : {}),
      note: `${Math.round(time)} ms, floor ${Math.round(floor)} ms, ${total} resources, median of ${runs}; ${inProcessors(preview).toFixed(2)} × in processor time`,
    });
  }
  const few = ([count]: readonly [number, Pair]) => count <= 20;
  const many = ([count]: readonly [number, Pair]) => count >= 20;
  return [
    ...figures,
    ...tenantFigures("one more tenant in a preview, 2 to 20", points.filter(few), 20),
    ...tenantFigures("one more tenant in a preview, 20 to 50", points.filter(many)),
    { name: "custom resources a tenant", value: Math.round(slope(resources) * 10) / 10, unit: "", limit: 15 },
  ];
}

/**
 * What one more tenant costs a preview. The engine and the SDK have their part of it for any resource, whatever the
 * program: the floor's slope. Only what is left is Portolan's. By the clock of a busy machine a slope says little; by
 * processor time it still does.
 */
export function tenantFigures(
  name: string,
  points: readonly (readonly [tenants: number, preview: Pair])[],
  limit?: number,
): Figure[] {
  const by = (read: (pair: Pair) => number) => slope(points.map(([tenants, pair]) => [tenants, read(pair)]));
  const [tenant, least] = [by(({ ms }) => ms), by(({ floor }) => floor)];
  const [spent, leastSpent] = [by((pair) => pair.spent), by(({ floorSpent }) => floorSpent)];
  return [
    {
      name,
      value: tenant,
      unit: "ms",
      ...(limit === undefined ? {} : { limit }),
      note: `as many trivial resources alone cost ${Math.round(least)} ms here; Portolan's own share is the difference`,
    },
    { name: `${name}: Portolan's own share`, value: tenant - least, unit: "ms" },
    {
      name: `${name}: the same in processor time`,
      value: spent - leastSpent,
      unit: "ms",
      note: `${Math.round(spent)} ms, as many trivial resources ${Math.round(leastSpent)} ms`,
    },
    { name: `${name}: against as many trivial resources`, value: tenant / least, unit: "×" },
  ];
}
