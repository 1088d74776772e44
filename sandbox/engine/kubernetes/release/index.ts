import { randomBytes } from "node:crypto";
import { leafChanges } from "../../rpc/compare.ts";
import type {
  CheckArgs,
  Checked,
  CreateArgs,
  Created,
  DeleteArgs,
  DiffArgs,
  Difference,
  Found,
  ReadArgs,
  UpdateArgs,
} from "../../rpc/provider.ts";
import {
  type Bag,
  hasComputed,
  inner,
  markLike,
  type PlainBag,
  reveal,
  text,
  toPlain,
  type Value,
  withoutNulls,
} from "../../rpc/values.ts";
import { parseId } from "../names.ts";
import { type Context, readUnreachable, unreachableAdvice } from "../objects.ts";
import { checkArgs, mergedValues, type ReleaseArgs, readArgs } from "./args.ts";
import {
  defaultTimeout,
  type HelmContext,
  install,
  stored,
  template,
  uninstall,
  upgrade,
} from "./commands.ts";
import { outcome, outputsOf, statusOf } from "./outcome.ts";
import { rendered } from "./renders.ts";

export const releaseType = "kubernetes:helm.sh/v3:Release";

function helmContext(
  { cluster, signal, log, folder }: Context,
  urn: string,
): HelmContext & { lastWait(): string } {
  let last = "";
  const progress = (line: string): void => {
    if (line === last) return;
    last = line;
    log.status(urn, line);
  };
  return { cluster, signal, folder: folder(), progress, lastWait: () => last };
}

function withDefaults(given: Bag, olds: Bag, name: string, namespace: string): Bag {
  const { compat: _, ...inputs } = given;
  const adopted = text(olds, "name") ?? `${name}-${randomBytes(4).toString("hex")}`;
  if (inputs.name === undefined || inputs.name === "") inputs.name = adopted;
  if (inputs.namespace === undefined || inputs.namespace === "") inputs.namespace = namespace;
  if (inputs.skipAwait !== true) inputs.timeout ??= defaultTimeout;
  return inputs;
}

/** The real provider keeps no option that is off or empty. */
function withoutZeros(inputs: Bag): Bag {
  const zero = (value: Value): boolean => value === false || value === "" || value === 0;
  return Object.fromEntries(
    Object.entries(inputs).filter(([key, value]) => key === "maxHistory" || !zero(value)),
  );
}

/** Names the release, merges its values and, when all is known, renders it for the checksum and the resource names. */
export async function checkRelease(context: Context, { urn, name, olds, news }: CheckArgs): Promise<Checked> {
  // Nulls inside of values mean something when allowNullValues is set.
  const keepNulls = reveal(news).allowNullValues === true;
  const given = withoutNulls(news);
  if (keepNulls && news.values !== undefined && news.values !== null) given.values = news.values;
  const failures = checkArgs(given);
  const inputs = withDefaults(given, olds, name, await context.cluster.defaultNamespace());
  if (failures.length > 0 || hasComputed(inputs)) return { inputs, failures };
  const { valueYamlFiles, ...rest } = inputs;
  const plainValues: PlainBag = toPlain(inner({ values: rest.values ?? {} }, "values"));
  const merged = await mergedValues(valueYamlFiles, plainValues, keepNulls, context.folder());
  const ready: Bag = withoutZeros({
    ...rest,
    ...(Object.keys(merged).length > 0 ? { values: markLike(merged, rest.values ?? {}) } : {}),
  });
  try {
    const args = readArgs(ready);
    const render = () => template(helmContext(context, urn), args);
    const { checksum, resourceNames: names } = await rendered(args, context.folder(), render, context.charts);
    return { inputs: { ...ready, checksum, resourceNames: names }, failures };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      inputs: ready,
      failures: [
        { property: "chart", reason: `${reason}; check the chart name and repository configuration.` },
      ],
    };
  }
}

/** Compares inputs; another name or namespace is another release. */
export function diffRelease({ oldInputs, news, ignoreChanges }: DiffArgs): Difference {
  const olds = reveal(oldInputs);
  const after = reveal(news);
  if (ignoreChanges.includes("checksum") && olds.checksum !== undefined) after.checksum = olds.checksum;
  const changes = leafChanges(olds, after).map(({ path, kind }) => ({
    path,
    kind,
    replace: path === "name" || path === "namespace",
  }));
  return { changes };
}

async function refuseUnreachable({ cluster }: Context, what: string): Promise<void> {
  const why = await cluster.unreachable();
  if (why !== undefined) throw new Error(`can't ${what} Helm Release with unreachable cluster: ${why}`);
}

export async function createRelease(
  context: Context,
  { urn, news, preview, timeout }: CreateArgs,
): Promise<Created> {
  if (preview) return { id: "", outputs: news };
  await refuseUnreachable(context, "create");
  const args = timed(readArgs(news), timeout);
  const helm = helmContext(context, urn);
  const since = Date.now();
  return outcome(helm, args, news, await install(helm, args), since);
}

export async function updateRelease(
  context: Context,
  { urn, news, preview, timeout }: UpdateArgs,
): Promise<Bag> {
  if (preview) return news;
  await refuseUnreachable(context, "update");
  const args = timed(readArgs(news), timeout);
  const helm = helmContext(context, urn);
  const since = Date.now();
  return (await outcome(helm, args, news, await upgrade(helm, args), since)).outputs;
}

function timed(args: ReleaseArgs, seconds: number): ReleaseArgs {
  return seconds > 0 ? { ...args, timeout: seconds } : args;
}

export async function readRelease(context: Context, { urn, id, inputs, outputs }: ReadArgs): Promise<Found> {
  const unread = await readUnreachable(context, { urn, id, inputs, outputs });
  if (unread !== undefined) return unread.found;
  const { namespace, name } = parseId(id);
  const release = await stored(helmContext(context, urn), namespace || "default", name);
  if (release === undefined) return undefined;
  if (Object.keys(inputs).length > 0) return { id, inputs, outputs: outputsOf(inputs, release) };
  const { chart: status } = statusOf(release);
  const imported: Bag = {
    name,
    namespace: release.namespace,
    chart: status ?? "",
    version: release.chart?.metadata.version ?? "",
    timeout: defaultTimeout,
    ...(release.config && Object.keys(release.config).length > 0 ? { values: release.config } : {}),
  };
  return { id, inputs: imported, outputs: outputsOf(imported, release) };
}

export async function deleteRelease(
  context: Context,
  { urn, inputs, outputs, timeout }: DeleteArgs,
): Promise<void> {
  const { cluster, log } = context;
  const why = await cluster.unreachable();
  if (why !== undefined) {
    if (cluster.settings.deleteUnreachable === true) {
      log.info(urn, `the cluster is unreachable (${why}); removed from the state alone`);
      return;
    }
    throw new Error(unreachableAdvice(`can't delete Helm Release with unreachable cluster: ${why}`));
  }
  const args = readArgs(Object.keys(inputs).length > 0 ? inputs : withoutStatus(outputs));
  await uninstall(helmContext(context, urn), args, timeout > 0 ? timeout : (args.timeout ?? defaultTimeout));
}

function withoutStatus({ status: _, ...rest }: Bag): Bag {
  return rest;
}
