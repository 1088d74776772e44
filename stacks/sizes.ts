/** docs/sizes.md, made from the tables of sizes and prices: `make sizes`. */
import { writeFileSync } from "node:fs";
import { scaleOf, tenantSizes } from "../components/sizes.ts";
import { awsSizeTable } from "../providers/aws/sizeTable.ts";
import { azureSizeTable } from "../providers/azure/sizeTable.ts";
import { type SizeRow, type SizeTable, tenantsMeant } from "../providers/estimate.ts";
import { gcpSizeTable } from "../providers/gcp/sizeTable.ts";
import type { CloudKind, MonthlyEstimate } from "../providers/platform.ts";
import { sizesInOrder } from "../providers/sizeRows.ts";

const tables: Readonly<Record<CloudKind, SizeTable>> = {
  aws: awsSizeTable,
  azure: azureSizeTable,
  gcp: gcpSizeTable,
};

/** The whole page. */
export function sizesPage(): string {
  return [
    "# Sizes",
    "",
    "Made by `make sizes` from `providers/*/sizes.ts`, `providers/*/prices.ts` and `components/sizes.ts`. `portolan:platform.size` chooses a row of its cloud's table, `portolan:tenants.<slug>.size` what one tenant may use. A size is changed in place: nothing that holds data is replaced.",
    "",
    "An estimate is of list prices in US dollars, of a month of 730 hours, by the oldest date of its parts. **It is only of what it names**: a price without a source is left out, never guessed, so it is a floor and not a bill. The outputs of a stack hold the same for its own settings (`platform.estimate`).",
    "",
    "## Tenants",
    "",
    ...tenants(),
    "",
    ...Object.values(tables).flatMap(cloud),
  ].join("\n");
}

function tenants(): string[] {
  const rows = sizesInOrder.map((size) => {
    const { requests, limits, replicas, autoscale } = scaleOf(size, "production", "active");
    const { quota } = tenantSizes[size];
    return [
      size,
      `${replicas} to ${autoscale?.max ?? replicas}`,
      `${requests.cpu} and ${requests.memory}, at most ${limits.memory}`,
      `${quota.cpu} CPU, ${quota.memory}, at most ${quota.memoryLimit}, ${quota.pods} pods`,
    ];
  });
  return table(["size", "pods in production", "each asks for", "the whole namespace"], rows);
}

function cloud({ cloud: name, regions, rows, limits }: SizeTable): string[] {
  const head = ["size", "lifecycle", "meant for", "nodes", "Postgres", "Redis"];
  const shared = regions.map((_, index) => leftOutOfAll(rows, index));
  const body = rows.map((row) => [
    row.size,
    row.lifecycle,
    `${tenantsMeant[row.size]} tenants`,
    row.nodes,
    row.database,
    row.redis,
    ...row.estimates.map((estimate, index) => amount(estimate, shared[index] ?? [])),
  ]);
  return [
    `## ${name}`,
    "",
    ...table([...head, ...regions.map((region) => `a month in ${region}, from`)], body),
    "",
    ...limits.map((limit) => `- ${limit}`),
    ...regions.map((region, index) => `- in no estimate of ${region}: ${(shared[index] ?? []).join("; ")}`),
    "",
  ];
}

function amount(estimate: MonthlyEstimate | undefined, shared: readonly string[]): string {
  if (!estimate) return "not known";
  const own = estimate.leavesOut.filter((what) => !shared.includes(what));
  const without = own.length > 0 ? `, without ${own.join("; ")}` : "";
  return `${Math.round(estimate.amount)} (${estimate.priced})${without}`;
}

/** What no row's estimate holds: said once. */
function leftOutOfAll(rows: readonly SizeRow[], index: number): readonly string[] {
  const [first = [], ...others] = rows.flatMap(({ estimates }) => {
    const estimate = estimates[index];
    return estimate ? [estimate.leavesOut] : [];
  });
  return first.filter((what) => others.every((list) => list.includes(what)));
}

/** In the columns' full width, as the formatter writes it. */
function table(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, index) =>
    Math.max(3, cell.length, ...body.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}

if (import.meta.main) writeFileSync(new URL("../docs/sizes.md", import.meta.url), sizesPage());
