/** A first, a second and a twenty-fifth cell of so many tenants on one base in a simulated cloud. */
import { join } from "node:path";
import { plant } from "../../sandbox/clouds/index.ts";
import { cloudFolder, type Inside } from "../inside.ts";
import { operateOrThrow } from "../pulumi/cli.ts";
import { ensureStack } from "../pulumi/workspace.ts";
import { tenantsOf, upTwice } from "./growth.ts";
import { countResources, floorStack, stateBytes } from "./measure.ts";
import { inProcessors, type Pair, previewPair, ratio } from "./pairs.ts";
import { type Pattern, plantCells } from "./plant.ts";
import type { Figure } from "./table.ts";

const last = 25;

interface Cell {
  readonly preview: Pair;
  readonly up: Pair;
  readonly again: Pair;
  readonly programBytes: number;
  readonly stateBytes: number;
  readonly total: number;
}

const patternOf = (number: number): Pattern => {
  const digits = String(number).padStart(2, "0");
  return { stack: `bench-cell-${digits}`, prefix: `c${digits}t` };
};

export async function cellFigures(
  inside: Inside,
  tenants: number,
  report: (line: string) => void,
  save: (figures: readonly Figure[]) => void,
): Promise<void> {
  const { context, run, settings } = inside;
  report("the base: up");
  // 25 cells of 20 are more than a cache's users by default: as if AWS had raised the quotas.
  const redisUsers = 600;
  await plant(cloudFolder(run), "aws", { region: run.rehearsal?.region ?? "" }, [
    {
      type: "aws:servicequotas/serviceQuota:ServiceQuota",
      inputs: { serviceCode: "elasticache", quotaCode: "L-943F0F1C", value: redisUsers },
    },
  ]);
  const base = inside.stackBeside("bench-base", {
    platform: { ...settings.platform, "quotas.redisUsers": redisUsers, "quotas.roles": 2000 },
  });
  await ensureStack(base);
  await operateOrThrow(base, "up", { label: "bench-base" });
  const cells = new Map<number, Cell>();
  for (const number of [1, 2, last]) {
    if (number === last) {
      const copies = Array.from({ length: last - 3 }, (_, index) => patternOf(index + 3));
      report(`cells 3 to ${last - 1}: planted, not brought up`);
      const planted = await plantCells(inside, patternOf(2), copies, "portolan-bench-base", report);
      report(`${planted.records} records of the cloud and ${planted.objects} objects for each cell`);
    }
    const cell = await oneCell(inside, tenants, patternOf(number), report);
    cells.set(number, cell);
    save(figuresOf(number, tenants, cell));
  }
  const [second, twentyFifth] = [cells.get(2), cells.get(last)];
  if (second === undefined || twentyFifth === undefined) return;
  const steps = ["preview", "up", "again"] as const;
  save(
    steps.map((step) => ({
      name: `cell ${last} against cell 2: ${step === "again" ? "up without a change" : step}`,
      value: overFloor(twentyFifth[step]) / overFloor(second[step]),
      unit: "×" as const,
      limit: 1.2,
      note: `${(inProcessors(twentyFifth[step]) / inProcessors(second[step])).toFixed(2)} × in processor time; each as a ratio to the floor beside it; cells 3 to ${last - 1} were planted: records, namespaces, Secrets, no pods`,
    })),
  );
  report(`${context.stack}: the base and its cells go with the cluster and ${run.work}`);
}

const overFloor = ({ ms, floor }: Pair) => ms / floor;

async function oneCell(
  inside: Inside,
  tenants: number,
  { stack, prefix }: Pattern,
  report: (line: string) => void,
): Promise<Cell> {
  const { run, settings } = inside;
  const context = inside.stackBeside(stack, {
    platform: { ...settings.platform, on: "organization/portolan/bench-base", cluster: undefined },
    edge: { acme: undefined },
    tenants: tenantsOf(tenants, run.rehearsal?.domain ?? "", prefix),
  });
  await ensureStack(context);
  const { total } = await countResources(context);
  const floor = await floorStack(inside.context, run.work, total);
  report(`${stack}, ${total} resources: preview`);
  const preview = await previewPair(context, floor);
  report(`${stack}, ${total} resources: up, and up again`);
  const measured = await upTwice(context, floor);
  // The next cell's floor begins with nothing, as the cell does.
  await operateOrThrow(floor, "destroy", { label: "bench-floor" });
  const bytes = stateBytes(join(run.work, "state"), "portolan", stack);
  return { preview, ...measured, total, stateBytes: bytes };
}

function figuresOf(number: number, tenants: number, cell: Cell): Figure[] {
  const at = `cell ${number} of ${tenants} tenants`;
  return [
    ratio(`${at}: preview`, cell.preview, `${cell.total} resources`),
    ratio(`${at}: up`, cell.up),
    ratio(`${at}: up without a change`, cell.again),
    {
      name: `${at}: memory of the program`,
      value: cell.programBytes / 1e6,
      unit: "MB",
      limit: 400,
      note: `state ${(cell.stateBytes / 1e6).toFixed(2)} MB`,
    },
  ];
}
