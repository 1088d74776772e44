/** Previews of the production stack file for AWS, as a pull request has them: offline, on an empty state. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Inside, project } from "../inside.ts";
import { ensureStack } from "../pulumi/workspace.ts";
import { tenantsOf } from "./growth.ts";
import { countResources, floorStack } from "./measure.ts";
import { type Pair, previewPair, ratio } from "./pairs.ts";
import { tenantFigures } from "./previews.ts";
import { type Figure, slope } from "./table.ts";

/** Orthanc's tenants have a port each, and a load balancer has 48 for them. */
const most = 20;
const runs = 5;

const stackFile = z.object({
  config: z.object({
    "portolan:app": z.looseObject({ name: z.string(), version: z.string() }),
    "portolan:edge": z.looseObject({ domain: z.string() }),
  }),
});

export async function productionFigures(
  inside: Inside,
  counts: readonly number[],
  report: (line: string) => void,
): Promise<readonly Figure[]> {
  const source = "us-prod";
  const { config } = stackFile.parse(parse(readFileSync(join(project, `Pulumi.${source}.yaml`), "utf8")));
  const { name, version } = config["portolan:app"];
  const figures: Figure[] = [];
  const previews: [number, Pair][] = [];
  const made: [number, number][] = [];
  for (const tenants of counts.filter((count) => count <= most)) {
    report(`${source} with ${tenants} tenants: preview`);
    const context = inside.stackBeside(`prod${tenants}`, {
      source,
      app: { name, version },
      tenants: withPorts(tenantsOf(tenants, config["portolan:edge"].domain)),
    });
    await ensureStack(context);
    const { total, custom } = await countResources(context);
    const floor = await floorStack(inside.context, inside.run.work, total);
    const preview = await previewPair(context, floor, runs);
    previews.push([tenants, preview]);
    made.push([tenants, custom]);
    const limit = tenants === 10 ? 1.5 : undefined;
    const note = `${total} resources, median of ${runs}`;
    figures.push(ratio(`${source}, ${tenants} tenants: preview`, preview, note, limit));
  }
  if (figures.length < 2) return figures;
  return [
    ...figures,
    ...tenantFigures(`${source}: one more tenant in a preview`, previews, 40),
    {
      name: `${source}: custom resources a tenant`,
      value: Math.round(slope(made) * 10) / 10,
      unit: "",
      limit: 30,
    },
  ];
}

/** A port each for Orthanc's DICOM: those that follow from made-up slugs may fall on the same one. */
function withPorts(tenants: ReturnType<typeof tenantsOf>) {
  return Object.fromEntries(
    Object.entries(tenants).map(([slug, tenant], index) => [
      slug,
      { ...tenant, tcp: { dicom: 11_112 + index } },
    ]),
  );
}
