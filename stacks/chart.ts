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

/** `root`: the program's folder. Charts from elsewhere are looked at by the engine in the preview. */
export function checkChart(
  chart: ChartRef,
  root: string,
  lifecycle: Lifecycle,
  values: Readonly<Record<string, unknown>>,
): Problem[] {
  if (!("path" in chart)) return [];
  const folder = join(root, chart.path);
  const file = join(folder, "Chart.yaml");
  const key = "portolan:app.chart.path";
  if (!existsSync(file)) {
    return [
      {
        key,
        value: chart.path,
        allowed: "a folder with a Chart.yaml",
        remedy: "correct the path, which begins at the program's folder",
      },
    ];
  }
  const parsed = chartFile.safeParse(parse(readFileSync(file, "utf8")));
  if (!parsed.success) {
    return [
      {
        key,
        value: chart.path,
        allowed: "a Chart.yaml with name and version",
        remedy: "`helm lint` tells what is wrong with it",
      },
    ];
  }
  if (lifecycle !== "production") return [];
  const defaultsFile = join(folder, "values.yaml");
  const defaults: unknown = existsSync(defaultsFile) ? parse(readFileSync(defaultsFile, "utf8")) : {};
  return bundled(parsed.data.dependencies, defaults, values).map((name) => ({
    key: "portolan:app.values",
    value: name,
    allowed: "no database inside the release: it would live and die with it",
    remedy: `switch it off, e.g. portolan:app.values: { ${name}: { enabled: false } }; the platform gives the application its own`,
  }));
}

/** Stateful subcharts that these values switch on. Without a condition, a dependency is always there. */
export function bundled(
  dependencies: readonly z.infer<typeof dependency>[],
  defaults: unknown,
  values: Readonly<Record<string, unknown>>,
): string[] {
  return dependencies
    .filter(({ name }) => stateful.includes(name))
    .filter(({ condition }) => {
      if (!condition) return true;
      // Helm takes the first path of the list that exists.
      const found = condition
        .split(",")
        .map((path) => at(values, path.trim()) ?? at(defaults, path.trim()))
        .find((value) => value !== undefined);
      return found !== false;
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
