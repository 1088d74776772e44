/** Looks at a chart before anything is created: is it there, and does it bring a database of its own? */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { ChartRef } from "../apps/app.ts";
import type { Lifecycle } from "../providers/platform.ts";
import type { Problem } from "./problems.ts";

const dependency = z.looseObject({
  name: z.string(),
  alias: z.string().optional(),
  condition: z.string().optional(),
  tags: z.array(z.string()).optional(),
});
const chartFile = z.looseObject({
  name: z.string(),
  version: z.string(),
  dependencies: z.array(dependency).default([]),
});

/** Subcharts that keep state, by the names they are published under. */
const stateful = [
  "postgresql",
  "postgresql-ha",
  "mysql",
  "mariadb",
  "mariadb-galera",
  "redis",
  "redis-cluster",
  "valkey",
  "mongodb",
  "minio",
  "solr",
];

/** What a release of the chart is told, and the key of the stack file where that would be mended. */
export interface Told {
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Of every release of the stack: the first is what all have in common. */
export type ToldAll = readonly [Told, ...Told[]];

/** `root`: the program's folder. Charts from elsewhere: remoteChart.ts. */
export function checkChart(chart: ChartRef, root: string, lifecycle: Lifecycle, told: ToldAll): Problem[] {
  if (!("path" in chart)) return [];
  const folder = join(root, chart.path);
  const key = "portolan:app.chart.path";
  if (!existsSync(join(folder, "Chart.yaml"))) {
    return [
      {
        key,
        value: chart.path,
        allowed: "a folder with a Chart.yaml",
        remedy: "correct the path, which begins at the program's folder",
      },
    ];
  }
  return lookInto(folder, { key, value: chart.path }, lifecycle, told);
}

/** What is wrong with a chart that lies in a folder; `named` is where the stack names it. */
export function lookInto(
  folder: string,
  named: { readonly key: string; readonly value: string },
  lifecycle: Lifecycle,
  told: ToldAll,
): Problem[] {
  const parsed = chartFile.safeParse(parse(readFileSync(join(folder, "Chart.yaml"), "utf8")));
  if (!parsed.success) {
    return [
      {
        ...named,
        allowed: "a Chart.yaml with name and version",
        remedy: "`helm lint` tells what is wrong with it",
      },
    ];
  }
  if (lifecycle !== "production") return [];
  const defaultsFile = join(folder, "values.yaml");
  const defaults: unknown = existsSync(defaultsFile) ? parse(readFileSync(defaultsFile, "utf8")) : {};
  const of = ({ values }: Told) => bundled(parsed.data.dependencies, defaults, values);
  const [common, ...single] = told;
  const everywhere = of(common);
  return [
    ...everywhere.map((name) => bundledProblem(common.key, name)),
    ...single.flatMap((one) =>
      of(one)
        .filter((name) => !everywhere.includes(name))
        .map((name) => bundledProblem(one.key, name)),
    ),
  ];
}

function bundledProblem(key: string, name: string): Problem {
  return {
    key,
    value: name,
    allowed: "no database inside the release: it would live and die with it",
    remedy: `switch it off, e.g. ${key}: { ${name}: { enabled: false } }; the platform gives the application its own`,
  };
}

/** Stateful subcharts that these values switch on, as Helm decides it: by condition, else by tags, else they are there. */
export function bundled(
  dependencies: readonly z.infer<typeof dependency>[],
  defaults: unknown,
  values: Readonly<Record<string, unknown>>,
): string[] {
  const given = (path: string) => at(values, path) ?? at(defaults, path);
  return dependencies
    .filter(({ name }) => stateful.includes(name))
    .filter(({ condition = "", tags = [] }) => {
      // Helm takes the first path of the list that exists.
      const found = condition
        .split(",")
        .map((path) => (path.trim() === "" ? undefined : given(path.trim())))
        .find((value) => value !== undefined);
      if (found !== undefined) return found !== false;
      const switches = tags.map((tag) => given(`tags.${tag}`));
      return switches.includes(true) || !switches.includes(false);
    })
    .map(({ name, alias }) => alias ?? name);
}

function at(values: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
      values,
    );
}
