import { type Created, InitFailed } from "../../rpc/provider.ts";
import { type Bag, inner, markLike, type PlainBag, reveal } from "../../rpc/values.ts";
import { idOf } from "../names.ts";
import type { ReleaseArgs } from "./args.ts";
import { type HelmContext, parseRelease, type StoredRelease, stored } from "./commands.ts";
import { type HelmResult, helmError } from "./helm.ts";
import { resourceNames } from "./manifest.ts";

export function statusOf(release: StoredRelease): PlainBag {
  const { name = "", version = "", appVersion = "" } = release.chart?.metadata ?? {};
  return {
    name: release.name,
    namespace: release.namespace,
    revision: release.version,
    status: release.info.status,
    chart: name,
    version,
    appVersion,
  };
}

export function outputsOf(inputs: Bag, release: StoredRelease): Bag {
  const known = reveal(inputs);
  const object: Bag = {
    ...known,
    version: release.chart?.metadata.version ?? known.version ?? "",
    values: { ...inner({ values: known.values ?? {} }, "values"), ...release.config },
    resourceNames: resourceNames(release.manifest),
    status: statusOf(release),
  };
  return markLike(object, inputs);
}

/**
 * The outcome of an installation or upgrade. A release that helm stored although the command failed belongs into
 * the state, with what went wrong; without one, nothing was made.
 */
export async function outcome(
  helm: HelmContext & { lastWait(): string },
  args: ReleaseArgs,
  inputs: Bag,
  result: HelmResult,
  since: number,
): Promise<Created> {
  const id = idOf(args.namespace, args.name);
  if (result.code === 0) return { id, outputs: outputsOf(inputs, parseRelease(result.output)) };
  const reason = helmError(result);
  // The signal is over by then; the question must still be answered.
  const asking = { ...helm, signal: new AbortController().signal };
  const release = await stored(asking, args.namespace, args.name).catch(() => undefined);
  const touched = release !== undefined && Date.parse(release.info.last_deployed) >= since;
  if (!touched) throw new Error(reason);
  const waited = helm.lastWait();
  throw new InitFailed(id, outputsOf(inputs, release), [
    `Helm release "${id}" was created or changed, but failed to initialize completely (status ${release.info.status}). ` +
      `Look at it with \`helm status ${args.name} -n ${args.namespace}\``,
    reason,
    ...(waited === "" ? [] : [`it waited for: ${waited}`]),
  ]);
}
