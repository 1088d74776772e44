import { join } from "node:path";
import { execa } from "execa";
import type { Inside } from "../inside.ts";
import { project } from "../inside.ts";
import { eventsSoFar, operateOrThrow } from "../pulumi/cli.ts";
import { changeConfig } from "../pulumi/workspace.ts";
import { type Figure, median } from "./table.ts";

const runs = 3;

/** Milliseconds from the engine's first word about the tenant's release to its last, as the event log grows. */
async function releaseStep(inside: Inside, slug: string, mark: string): Promise<number> {
  changeConfig(inside.workspace, [
    { key: "portolan:tenants", path: [slug, "values", "podAnnotations", "bench"], value: mark },
  ]);
  const label = `bench-release-${mark}`;
  const seen: { start?: number; end?: number } = {};
  // Only what is new is looked at: whoever reads all of it a hundred times a second takes the processor from what is measured.
  let bytes = 0;
  const look = setInterval(() => {
    const news = eventsSoFar(inside.context, label, bytes);
    bytes += Buffer.byteLength(news);
    const lines = news.split("\n").filter((line) => line.includes(`::${slug}-app-release"`));
    if (lines.some((line) => line.includes('"resourcePreEvent"'))) seen.start ??= performance.now();
    if (lines.some((line) => line.includes('"resOutputsEvent"'))) seen.end ??= performance.now();
  }, 10);
  try {
    await operateOrThrow(inside.context, "up", { label });
  } finally {
    clearInterval(look);
  }
  if (seen.start === undefined) throw new Error(`the event log says nothing of ${slug}-app-release`);
  return (seen.end ?? performance.now()) - seen.start;
}

/** The same chart with the same values by helm itself, waiting as the release does. Values go by standard input. */
async function plainHelm(
  inside: Inside,
  where: { namespace: string; release: string; chart: string },
  mark: string,
): Promise<number> {
  const { namespace, release, chart } = where;
  const env = { ...inside.context.env };
  const helm = async (args: readonly string[], input?: string) =>
    (
      await execa(
        "helm3",
        [...args, `--namespace=${namespace}`, `--kube-context=${inside.run.cluster.context}`],
        {
          env,
          extendEnv: false,
          ...(input === undefined ? { stdin: "ignore" as const } : { input }),
        },
      )
    ).stdout;
  const values = await helm(["get", "values", release, "--output=json"]);
  const begin = performance.now();
  await helm(
    [
      "upgrade",
      "--install",
      release,
      join(project, "charts", chart),
      "--values=-",
      `--set=podAnnotations.bench=helm-${mark}`,
      "--atomic",
      "--cleanup-on-fail",
      "--wait-for-jobs",
      "--timeout=300s",
    ],
    values,
  );
  return performance.now() - begin;
}

/** AppRelease's own step against plain helm, by turns, on a stack that is up. */
export async function releaseFigures(inside: Inside, report: (line: string) => void): Promise<Figure[]> {
  const { tenants } = await inside.outputs();
  const [tenant] = tenants;
  if (tenant?.release === null || tenant === undefined)
    throw new Error("the stack has no tenant with a release");
  const where = { namespace: tenant.namespace, release: tenant.release.name, chart: inside.run.app };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let turn = 0; turn < runs; turn++) {
    report(`release ${turn + 1} of ${runs}`);
    ours.push(await releaseStep(inside, tenant.slug, `turn-${turn}`));
    theirs.push(await plainHelm(inside, where, `turn-${turn}`));
  }
  const [own, plain] = [median(ours), median(theirs)];
  return [
    {
      name: "AppRelease against helm upgrade --install",
      value: own / plain,
      unit: "×",
      limit: 1.2,
      note: `${(own / 1000).toFixed(1)} s, helm ${(plain / 1000).toFixed(1)} s, same chart and values, median of ${runs}`,
    },
  ];
}
