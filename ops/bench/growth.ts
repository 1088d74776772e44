/** One stack in a simulated cloud that gets larger: each operation beside a program of as many trivial resources. */
import { join } from "node:path";
import type { Inside } from "../inside.ts";
import type { StackContext } from "../pulumi/cli.ts";
import { ensureStack } from "../pulumi/workspace.ts";
import { changedNothing, countResources, floorStack, programMemory, stateBytes, timed } from "./measure.ts";
import { type Pair, previewPair, previewRuns, ratio } from "./pairs.ts";
import { tenantFigures } from "./previews.ts";
import { type Figure, slope } from "./table.ts";

/** What was measured at one number of tenants: ours and the floor's, in ms. */
interface Point {
  readonly tenants: number;
  readonly total: number;
  readonly custom: number;
  readonly preview: Pair;
  readonly up: Pair;
  readonly again: Pair;
  readonly destroy: Pair;
  readonly programBytes: number;
  readonly stateBytes: number;
}

async function pair(
  context: StackContext,
  floor: StackContext,
  command: "up" | "destroy",
): Promise<Pair & { readonly output: string }> {
  const ours = await timed(context, command);
  const least = await timed(floor, command);
  return {
    ms: ours.ms,
    floor: least.ms,
    spent: ours.processorMs,
    floorSpent: least.processorMs,
    output: ours.run.output,
  };
}

/** `up`, a second `up` that must change nothing, each beside the floor's. */
export async function upTwice(
  context: StackContext,
  floor: StackContext,
): Promise<{ readonly up: Pair; readonly again: Pair; readonly programBytes: number }> {
  const { result: up, bytes } = await programMemory(context.stack, () => pair(context, floor, "up"));
  const again = await pair(context, floor, "up");
  if (!changedNothing(again.output))
    throw new Error(`the second up of ${context.stack} changed something: ${again.output.slice(-600)}`);
  return { up, again, programBytes: bytes };
}

/** Tenants by made-up slugs. */
export function tenantsOf(count: number, domain: string, prefix = "t") {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const slug = `${prefix}${String(index).padStart(2, "0")}`;
      return [slug, { hosts: [`${slug}.${domain}`] }];
    }),
  );
}

async function pointAt(inside: Inside, tenants: number, report: (line: string) => void): Promise<Point> {
  const { run } = inside;
  const domain = run.rehearsal?.domain ?? "";
  const context = inside.stackBeside(`grow${tenants}`, { tenants: tenantsOf(tenants, domain) });
  await ensureStack(context);
  const { total, custom } = await countResources(context);
  const floor = await floorStack(inside.context, run.work, total);
  report(`${tenants} tenants, ${total} resources: preview`);
  const preview = await previewPair(context, floor);
  report(`${tenants} tenants, ${total} resources: up, and up again`);
  const { up, again, programBytes } = await upTwice(context, floor);
  const bytes = stateBytes(join(run.work, "state"), "portolan", context.stack);
  report(`${tenants} tenants, ${total} resources: destroy`);
  const destroy = await pair(context, floor, "destroy");
  return { tenants, total, custom, preview, up, again, destroy, programBytes, stateBytes: bytes };
}

/** Previews, ups and destroys of one stack of the probe at each number of tenants. */
export async function growthFigures(
  inside: Inside,
  counts: readonly number[],
  report: (line: string) => void,
  save: (figures: readonly Figure[]) => void,
): Promise<void> {
  const points: Point[] = [];
  for (const tenants of counts) {
    const point = await pointAt(inside, tenants, report);
    points.push(point);
    save(figuresOf(point));
  }
  if (points.length < 2) return;
  const over = <T>(read: (point: Point) => T) => points.map((point) => [point.tenants, read(point)] as const);
  save([
    {
      name: "probe on aws: custom resources a tenant",
      value: Math.round(slope(over(({ custom }) => custom)) * 10) / 10,
      unit: "",
      limit: 30,
    },
    ...tenantFigures(
      "probe on aws: one more tenant in a preview",
      over(({ preview }) => preview),
      40,
    ),
  ]);
}

function figuresOf(point: Point): Figure[] {
  const { tenants, total, programBytes, stateBytes: state } = point;
  const at = `probe on aws, ${tenants} tenants`;
  return [
    ratio(`${at}: preview`, point.preview, `${total} resources, median of ${previewRuns}`),
    ratio(`${at}: up`, point.up),
    ratio(`${at}: up without a change`, point.again),
    ratio(`${at}: destroy`, point.destroy),
    {
      name: `${at}: memory of the program`,
      value: programBytes / 1e6,
      unit: "MB",
      ...(tenants === 20 ? { limit: 400 } : {}),
      note: "resident, at its most, in an up",
    },
    { name: `${at}: state`, value: state / 1e6, unit: "MB" },
  ];
}
