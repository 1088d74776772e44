import { randomBytes } from "node:crypto";
import {
  type CreateArgs,
  type Created,
  type DeleteArgs,
  type Found,
  InitFailed,
  type Log,
  type ReadArgs,
  type UpdateArgs,
} from "../rpc/provider.ts";
import {
  type Bag,
  computed,
  hasComputed,
  type PlainBag,
  reveal,
  text,
  toPlain,
  withoutNulls,
} from "../rpc/values.ts";
import { applyObject, deleteObject, dryCreate, isMissingNamespace, type Place, readObject } from "./apply.ts";
import { awaitGone, awaitReady, NotReady, skipsAwait } from "./await/index.ts";
import { type Cluster, NoSuchKind } from "./cluster.ts";
import { kindOfType, sdkProperties } from "./kinds.ts";
import { annotation, idOf, metadataOf, parseId } from "./names.ts";
import type { Charts } from "./release/renders.ts";
import { checkpoint, driftedInputs, fieldManagerOf, importedInputs, plainInner, plainText } from "./state.ts";

/** What the handlers of plain objects need of their provider. */
export type Context = {
  cluster: Cluster;
  log: Log;
  signal: AbortSignal;
  /** The program's folder: relative paths start there. */
  folder(): string;
  /** Charts that this run has read. */
  charts: Charts;
};

const newManager = (): string => `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;

function placeOf(type: string, object: Bag): Place {
  const metadata = metadataOf(object);
  const generated = text(metadata, "generateName");
  const name =
    text(metadata, "name") ??
    (generated === undefined ? "" : generated + randomBytes(3).toString("hex").slice(0, 5));
  return { kind: kindOfType(type), namespace: text(metadata, "namespace") ?? "", name };
}

/** The dry run of a preview; undefined when it cannot be made, so that the inputs must do. */
async function previewed(
  { cluster, signal }: Context,
  type: string,
  news: Bag,
  fieldManager: string,
  isNew: boolean,
): Promise<PlainBag | undefined> {
  if (hasComputed(news) || (await cluster.unreachable()) !== undefined) return undefined;
  const apply = { ...placeOf(type, news), object: news, fieldManager, signal };
  const upserts = cluster.settings.upsertExistingObjects === true;
  try {
    const live =
      isNew && !upserts
        ? await dryCreate(cluster, apply)
        : await applyObject(cluster, { ...apply, dryRun: true });
    if (live === undefined) return undefined;
    // An empty status would be taken for a known one.
    const { status: _, ...rest } = live;
    return rest;
  } catch (error) {
    if (error instanceof NoSuchKind || isMissingNamespace(error)) return undefined;
    throw error;
  }
}

async function applied(
  context: Context,
  args: { type: string; urn: string; news: Bag; timeout: number },
  fieldManager: string,
): Promise<Created> {
  const { cluster, signal, log } = context;
  const { type, news, urn, timeout } = args;
  const place = placeOf(type, news);
  const live = await applyObject(cluster, { ...place, object: news, fieldManager, dryRun: false, signal });
  const id = idOf(plainText(plainInner(live, "metadata"), "namespace"), place.name);
  try {
    const report = (line: string): void => log.status(urn, line);
    const newest = await awaitReady(cluster, place, news, live, { timeout, signal, report });
    return { id, outputs: checkpoint(newest, news, fieldManager) };
  } catch (error) {
    if (!(error instanceof NotReady)) {
      // It exists: it must be in the state whatever went wrong while it was watched.
      throw new InitFailed(id, checkpoint(live, news, fieldManager), [
        error instanceof Error ? error.message : String(error),
      ]);
    }
    const reasons = [`${place.kind.kind} ${id} was applied, but it is not ready`, ...error.reasons];
    throw new InitFailed(id, checkpoint(error.object, news, fieldManager), reasons);
  }
}

export async function createObject(
  context: Context,
  { type, urn, news, preview, timeout }: CreateArgs,
): Promise<Created> {
  const given = withoutNulls(news);
  const fieldManager = fieldManagerOf({}, annotation(given, "pulumi.com/patchFieldManager"), newManager);
  if (preview) {
    const live = await previewed(context, type, given, fieldManager, true);
    return { id: "", outputs: live === undefined ? given : unsettled(checkpoint(live, given, fieldManager)) };
  }
  if (context.cluster.settings.upsertExistingObjects !== true) {
    const place = placeOf(type, given);
    const existing = await readObject(context.cluster, place);
    if (existing !== undefined) {
      throw new Error(
        `${place.kind.kind} ${idOf(place.namespace, place.name)} already exists and is not in this stack's state. ` +
          "Adopt it with the import option, delete it, or set the provider's upsertExistingObjects. " +
          "If it is being replaced (replaceOnChanges), set deleteBeforeReplace or leave the name out",
      );
    }
  }
  return applied(context, { type, urn, news: given, timeout }, fieldManager);
}

/** A dry run makes up values that the real object will not have. */
function unsettled(outputs: Bag): Bag {
  const metadata: Bag = { ...metadataOf(outputs) };
  for (const key of ["uid", "creationTimestamp", "resourceVersion", "generation"]) {
    if (key in metadata) metadata[key] = computed;
  }
  return { ...outputs, metadata };
}

export async function updateObject(context: Context, args: UpdateArgs): Promise<Bag> {
  const { type, urn, news, oldOutputs, preview, timeout } = args;
  const given = withoutNulls(news);
  const fieldManager = fieldManagerOf(
    oldOutputs,
    annotation(given, "pulumi.com/patchFieldManager"),
    newManager,
  );
  if (preview) {
    const live = await previewed(context, type, given, fieldManager, false);
    return live === undefined ? given : checkpoint(live, given, fieldManager);
  }
  return (await applied(context, { type, urn, news: given, timeout }, fieldManager)).outputs;
}

export async function readLive(
  context: Context,
  { type, urn, id, inputs, outputs }: ReadArgs,
): Promise<Found> {
  const { cluster } = context;
  const unread = await readUnreachable(context, { urn, id, inputs, outputs });
  if (unread !== undefined) return unread.found;
  const { namespace, name } = parseId(id);
  if (name === "")
    throw new Error(`The id ${JSON.stringify(id)} names no object; it must be <namespace>/<name> or <name>`);
  const kind = kindOfType(type);
  const live = await readObject(cluster, { kind, namespace, name });
  if (live === undefined) return undefined;
  const known = Object.keys(inputs).length > 0;
  const now = known ? driftedInputs(inputs, live) : importedInputs(live, sdkProperties(type));
  return {
    id,
    inputs: now,
    outputs: checkpoint(live, known ? inputs : now, fieldManagerOf(outputs, undefined, newManager)),
  };
}

/**
 * What a refresh says of a resource while the cluster does not answer: gone or unchanged, as the provider's settings
 * want it. Undefined when the cluster answers.
 * @throws where neither setting is given
 */
export async function readUnreachable(
  { cluster, log }: Context,
  { urn, id, inputs, outputs }: Pick<ReadArgs, "urn" | "id" | "inputs" | "outputs">,
): Promise<{ found: Found } | undefined> {
  const why = await cluster.unreachable();
  if (why === undefined) return undefined;
  log.warning(urn, `configured Kubernetes cluster is unreachable: ${why}`);
  if (cluster.settings.deleteUnreachable === true) return { found: undefined };
  if (cluster.settings.skipUpdateUnreachable === true) return { found: { id, inputs, outputs } };
  throw new Error(unreachableAdvice("failed to read resource state due to unreachable cluster"));
}

export function unreachableAdvice(what: string): string {
  return (
    `${what}. If the cluster is gone for good, remove what was on it from the state by running again with ` +
    "PULUMI_K8S_DELETE_UNREACHABLE=true (the provider's deleteUnreachable)"
  );
}

export async function deleteLive(
  context: Context,
  { type, urn, id, inputs, outputs, timeout }: DeleteArgs,
): Promise<void> {
  const { cluster, log, signal } = context;
  const why = await cluster.unreachable();
  if (why !== undefined) {
    if (cluster.settings.deleteUnreachable === true) {
      log.info(urn, `the cluster is unreachable (${why}); removed from the state alone`);
      return;
    }
    throw new Error(unreachableAdvice(`configured Kubernetes cluster is unreachable: ${why}`));
  }
  const { namespace, name } = parseId(id);
  const kind = kindOfType(type);
  const object = Object.keys(inputs).length > 0 ? inputs : outputs;
  const metadata = plainInner(toPlain(reveal({ metadata: metadataOf(outputs) })), "metadata");
  await deleteObject(
    cluster,
    { kind, namespace, name },
    {
      policy: propagation(object),
      uid: plainText(metadata, "uid") || undefined,
      wait: async (gone) => {
        if (skipsAwait(object)) return;
        const report = (line: string): void => log.status(urn, line);
        await awaitGone(`${kind.kind} ${id}`, gone, timeout > 0 ? timeout : 600, { timeout, signal, report });
      },
    },
  );
}

/** The policy of an object's deletion, by its annotation. @throws when it is none */
export function propagation(object: Bag): string {
  const asked = annotation(object, "pulumi.com/deletionPropagationPolicy") ?? "foreground";
  const policy = { foreground: "Foreground", background: "Background", orphan: "Orphan" }[
    asked.toLowerCase()
  ];
  if (policy !== undefined) return policy;
  throw new Error(
    `the deletion policy is ${JSON.stringify(asked)}; allowed are foreground, background, orphan`,
  );
}
