import type { Inside } from "../inside.ts";
import type { StackContext } from "../pulumi/cli.ts";
import { type ClusterSettings, ensureStack } from "../pulumi/workspace.ts";
import { countResources, floorStack, timed } from "./measure.ts";
import { type Figure, median, slope } from "./table.ts";

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
  const points: [number, number][] = [];
  const bottom: [number, number][] = [];
  const resources: [number, number][] = [];
  const figures: Figure[] = [];
  for (const count of counts) {
    report(`previews with ${count} tenants`);
    const runs = count <= 20 ? 5 : 3;
    const context = await emptyStack(inside, count);
    const { total, custom } = await countResources(context);
    const floorContext = await floorStack(inside.context, inside.run.work, total);
    // By turns: what else the machine does then weighs on both alike.
    const [times, floors]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn++) {
      times.push((await timed(context, "preview")).ms);
      floors.push((await timed(floorContext, "preview")).ms);
    }
    const [time, floor] = [median(times), median(floors)];
    points.push([count, time]);
    bottom.push([count, floor]);
    resources.push([count, custom]);
    figures.push({
      name: `preview with ${count} tenants, against the floor`,
      value: time / floor,
      unit: "×",
      ...(count === 2 ? { limit: 1.5 } : {}),
      note: `${Math.round(time)} ms, floor ${Math.round(floor)} ms, ${total} resources, median of ${runs}`,
    });
  }
  const few = ([count]: readonly [number, number]) => count <= 20;
  const many = ([count]: readonly [number, number]) => count >= 20;
  return [
    ...figures,
    ...tenantFigures("one more tenant in a preview, 2 to 20", points.filter(few), bottom.filter(few), 20),
    ...tenantFigures("one more tenant in a preview, 20 to 50", points.filter(many), bottom.filter(many)),
    { name: "custom resources a tenant", value: Math.round(slope(resources) * 10) / 10, unit: "", limit: 15 },
  ];
}

type Points = readonly (readonly [tenants: number, ms: number])[];

/**
 * What one more tenant costs a preview. The engine and the SDK have their part of it for any resource, whatever the
 * program: the floor's slope. Only what is left is Portolan's.
 */
export function tenantFigures(name: string, ours: Points, floor: Points, limit?: number): Figure[] {
  const [tenant, least] = [slope(ours), slope(floor)];
  return [
    {
      name,
      value: tenant,
      unit: "ms",
      ...(limit === undefined ? {} : { limit }),
      note: `as many trivial resources alone cost ${Math.round(least)} ms here; Portolan's own share is the difference`,
    },
    { name: `${name}: Portolan's own share`, value: tenant - least, unit: "ms" },
    { name: `${name}: against as many trivial resources`, value: tenant / least, unit: "×" },
  ];
}
