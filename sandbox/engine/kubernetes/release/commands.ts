import { z } from "zod";
import type { PlainBag } from "../../rpc/values.ts";
import type { Cluster } from "../cluster.ts";
import type { ReleaseArgs } from "./args.ts";
import { type HelmResult, helmError, runHelm } from "./helm.ts";

/** Where helm runs for one provider. */
export type HelmContext = {
  cluster: Cluster;
  folder: string;
  signal: AbortSignal;
  progress(line: string): void;
};

const values: z.ZodType<PlainBag> = z.record(z.string(), z.json());
const releaseSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().default(""),
  version: z.number(),
  manifest: z.string().default(""),
  config: values.nullish(),
  info: z.looseObject({
    status: z.string(),
    description: z.string().default(""),
    last_deployed: z.string().default(""),
  }),
  chart: z
    .looseObject({
      metadata: z.looseObject({
        name: z.string().default(""),
        version: z.string().default(""),
        appVersion: z.string().default(""),
      }),
    })
    .optional(),
});
/** A release as helm stores it. */
export type StoredRelease = z.infer<typeof releaseSchema>;

/** Seconds that the real provider waits for a release when no timeout is given. */
export const defaultTimeout = 300;

function flags(pairs: readonly [boolean | undefined, string][]): string[] {
  return pairs.filter(([on]) => on === true).map(([, flag]) => flag);
}

function options(pairs: readonly [string | number | undefined, string][]): string[] {
  return pairs.flatMap(([value, flag]) => (value === undefined || value === "" ? [] : [flag, String(value)]));
}

function chartOptions(args: ReleaseArgs): string[] {
  const { repo, caFile, certFile, keyFile, username } = args.repositoryOpts ?? {};
  return [
    ...options([
      [args.version, "--version"],
      [repo, "--repo"],
      [caFile, "--ca-file"],
      [certFile, "--cert-file"],
      [keyFile, "--key-file"],
      [username, "--username"],
      [args.keyring, "--keyring"],
      [args.postrender, "--post-renderer"],
    ]),
    ...flags([
      [args.devel, "--devel"],
      [args.dependencyUpdate, "--dependency-update"],
      [args.verify, "--verify"],
    ]),
  ];
}

function deployOptions(args: ReleaseArgs): string[] {
  const waits = args.skipAwait !== true;
  const seconds = args.timeout === undefined || args.timeout === 0 ? defaultTimeout : args.timeout;
  return [
    "--output=json",
    "--debug",
    `--timeout=${seconds}s`,
    ...options([[args.description, "--description"]]),
    ...flags([
      [waits, "--wait"],
      [waits && args.waitForJobs, "--wait-for-jobs"],
      [args.atomic, "--atomic"],
      [args.renderSubchartNotes, "--render-subchart-notes"],
      [args.disableOpenapiValidation, "--disable-openapi-validation"],
      [args.takeOwnership, "--take-ownership"],
    ]),
  ];
}

async function onCluster(context: HelmContext, args: readonly string[], input?: string): Promise<HelmResult> {
  const { config } = await context.cluster.access();
  return runHelm({
    args,
    ...(input === undefined ? {} : { input }),
    kubeconfig: config.exportConfig(),
    settings: context.cluster.settings,
    folder: context.folder,
    signal: context.signal,
    progress: context.progress,
  });
}

/** Renders on the client, without lookup and API versions of a cluster. @throws with helm's own words */
export async function template(context: HelmContext, args: ReleaseArgs): Promise<string> {
  const { cluster, folder, signal } = context;
  const run = { input: JSON.stringify(args.values ?? {}), settings: cluster.settings, folder, signal };
  if (args.lint === true) {
    const linted = await runHelm({
      ...run,
      args: ["lint", args.chart, "--values=-", `--namespace=${args.namespace}`],
    });
    if (linted.code !== 0) throw new Error(`malformed chart or values: ${linted.output.trim()}`);
  }
  const rendered = await runHelm({
    ...run,
    args: [
      "template",
      args.name,
      args.chart,
      `--namespace=${args.namespace}`,
      "--values=-",
      ...chartOptions(args),
      ...flags([
        [args.skipCrds !== true, "--include-crds"],
        [args.disableWebhooks, "--no-hooks"],
        [args.renderSubchartNotes, "--render-subchart-notes"],
      ]),
    ],
  });
  if (rendered.code !== 0) throw new Error(helmError(rendered));
  return rendered.output;
}

export async function install(context: HelmContext, args: ReleaseArgs): Promise<HelmResult> {
  const command = [
    "install",
    args.name,
    args.chart,
    `--namespace=${args.namespace}`,
    "--values=-",
    ...chartOptions(args),
    ...deployOptions(args),
    ...flags([
      [args.createNamespace, "--create-namespace"],
      [args.skipCrds, "--skip-crds"],
      [args.replace, "--replace"],
      [args.disableWebhooks, "--no-hooks"],
    ]),
  ];
  return onCluster(context, command, JSON.stringify(args.values ?? {}));
}

export async function upgrade(context: HelmContext, args: ReleaseArgs): Promise<HelmResult> {
  const command = [
    "upgrade",
    args.name,
    args.chart,
    `--namespace=${args.namespace}`,
    "--values=-",
    // The real provider keeps every revision unless told otherwise.
    `--history-max=${args.maxHistory ?? 0}`,
    ...chartOptions(args),
    ...deployOptions(args),
    ...flags([
      [args.forceUpdate, "--force"],
      [args.resetValues, "--reset-values"],
      [args.reuseValues, "--reuse-values"],
      [args.recreatePods, "--recreate-pods"],
      [args.cleanupOnFail, "--cleanup-on-fail"],
      // So it is in the real provider: an upgrade looks at disableCRDHooks, an installation at disableWebhooks.
      [args.disableCRDHooks, "--no-hooks"],
    ]),
  ];
  return onCluster(context, command, JSON.stringify(args.values ?? {}));
}

/** Removes a release; one that is gone already is fine. */
export async function uninstall(context: HelmContext, args: ReleaseArgs, seconds: number): Promise<void> {
  const waits = args.atomic === true || args.skipAwait !== true;
  const done = await onCluster(context, [
    "uninstall",
    args.name,
    `--namespace=${args.namespace}`,
    "--debug",
    ...(waits ? ["--wait", `--timeout=${seconds}s`] : []),
  ]);
  if (done.code !== 0 && !helmError(done).includes("release: not found")) throw new Error(helmError(done));
}

/** The newest revision of a release; undefined when there is none. */
export async function stored(
  context: HelmContext,
  namespace: string,
  name: string,
): Promise<StoredRelease | undefined> {
  const found = await onCluster(context, ["status", name, `--namespace=${namespace}`, "--output=json"]);
  if (found.code === 0) return parseRelease(found.output);
  if (helmError(found).includes("release: not found")) return undefined;
  throw new Error(helmError(found));
}

export function parseRelease(output: string): StoredRelease {
  return releaseSchema.parse(JSON.parse(output));
}
