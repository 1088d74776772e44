/**
 * Looks into a chart of a repository or a registry before anything is created. Helm fetches it, with the user's own
 * logins, as the engine's provider will do in the same preview.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ChartRef } from "../apps/app.ts";
import type { Lifecycle } from "../providers/platform.ts";
import { lookInto, type ToldAll } from "./chart.ts";
import type { Problem } from "./problems.ts";

/** Milliseconds that fetching a chart may take. */
const patience = 60_000;

/** In production, what is wrong with a chart from elsewhere; a disposable stack may have any. */
export async function checkRemoteChart(
  chart: ChartRef,
  lifecycle: Lifecycle,
  told: ToldAll,
): Promise<Problem[]> {
  if ("path" in chart || lifecycle !== "production") return [];
  const named = { key: "portolan:app.chart", value: referenceOf(chart) };
  const folder = mkdtempSync(join(tmpdir(), "portolan-chart-"));
  try {
    await promisify(execFile)("helm", [...pullArgs(chart), "--untar", "--untardir", folder], {
      timeout: patience,
    });
    const [name = ""] = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    return lookInto(join(folder, name), named, lifecycle, told);
  } catch (error) {
    return [unseen(named, error)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pullArgs(chart: Exclude<ChartRef, { path: string }>): string[] {
  const version = ["--version", chart.version];
  return "oci" in chart
    ? ["pull", chart.oci, ...version]
    : ["pull", chart.name, "--repo", chart.repository, ...version];
}

function referenceOf(chart: Exclude<ChartRef, { path: string }>): string {
  return "oci" in chart
    ? `${chart.oci} ${chart.version}`
    : `${chart.name} ${chart.version} of ${chart.repository}`;
}

function unseen(named: { readonly key: string; readonly value: string }, error: unknown): Problem {
  const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
  const inFolder = "take the chart into the repository (`helm pull --untar`) and name its folder as `path`";
  return {
    ...named,
    allowed: "in production, a chart that can be looked into first: one that brings a database is refused",
    remedy: absent
      ? `there is no \`helm\` on the PATH to fetch it: install Helm, or ${inFolder}`
      : `Helm could not fetch it (${wordsOf(error)}): correct the reference or log in to its registry, or ${inFolder}`,
  };
}

/** Helm's last word. */
function wordsOf(error: unknown): string {
  const printed = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const last = printed.trim().split("\n").at(-1) ?? "";
  return (last || String(error)).replace(/^Error: /, "").slice(0, 300);
}
