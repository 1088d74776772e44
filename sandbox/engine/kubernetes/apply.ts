import { setTimeout as sleep } from "node:timers/promises";
import { type Bag, type PlainBag, toPlain } from "../rpc/values.ts";
import { ApiError, isNotFound } from "./client.ts";
import { type Cluster, NoSuchKind } from "./cluster.ts";
import type { Kind } from "./kinds.ts";
import { annotation } from "./names.ts";
import { plainInner, plainText } from "./state.ts";

export type Place = { kind: Kind; namespace: string; name: string };

/** Reads an object; undefined when it, its namespace or its kind is not there. */
export async function readObject(
  cluster: Cluster,
  { kind, namespace, name }: Place,
): Promise<PlainBag | undefined> {
  try {
    return await cluster.request({ method: "GET", path: await cluster.path(kind, namespace, name) });
  } catch (error) {
    if (isNotFound(error) || error instanceof NoSuchKind) return undefined;
    throw error;
  }
}

export type Apply = Place & { object: Bag; fieldManager: string; dryRun: boolean; signal: AbortSignal };

/**
 * Applies an object on the server. A field that the kind does not have is refused; so is one that another manager
 * holds, unless the object or the provider asks for force.
 */
export async function applyObject(cluster: Cluster, apply: Apply): Promise<PlainBag> {
  const { kind, namespace, name, object, fieldManager, dryRun, signal } = apply;
  const force =
    annotation(object, "pulumi.com/patchForce") ?? String(cluster.settings.enablePatchForce === true);
  const path = await pathWhenKnown(cluster, apply);
  const body = toPlain(object);
  const metadata: PlainBag = { ...plainInner(body, "metadata"), name };
  // Planned before the kind's definition was there, an object may have got a namespace that it cannot have.
  if (!(await cluster.mapping(kind)).namespaced) delete metadata.namespace;
  try {
    return await cluster.request({
      method: "PATCH",
      path,
      query: {
        fieldManager,
        force: String(force === "true"),
        fieldValidation: "Strict",
        ...(dryRun ? { dryRun: "All" } : {}),
      },
      body: { ...body, apiVersion: kind.apiVersion, kind: kind.kind, metadata },
      contentType: "application/apply-patch+yaml",
      signal,
    });
  } catch (error) {
    throw explained(error, apply, namespace);
  }
}

/**
 * What the server would make of a new object; undefined when one of that name is there, which a replacement removes
 * first.
 */
export async function dryCreate(
  cluster: Cluster,
  apply: Omit<Apply, "dryRun">,
): Promise<PlainBag | undefined> {
  const { kind, namespace, object, fieldManager, signal } = apply;
  const body = toPlain(object);
  try {
    return await cluster.request({
      method: "POST",
      path: await cluster.path(kind, namespace),
      query: { fieldManager, fieldValidation: "Strict", dryRun: "All" },
      body: { ...body, apiVersion: kind.apiVersion, kind: kind.kind },
      signal,
    });
  } catch (error) {
    if (error instanceof ApiError && error.reason === "AlreadyExists") return undefined;
    throw explained(error, apply, namespace);
  }
}

/** A kind may take a moment to be served after its definition was made. */
async function pathWhenKnown(
  cluster: Cluster,
  { kind, namespace, name, dryRun, signal }: Apply,
): Promise<string> {
  const limit = Date.now() + (dryRun ? 0 : 10_000);
  for (;;) {
    try {
      return await cluster.path(kind, namespace, name);
    } catch (error) {
      if (!(error instanceof NoSuchKind) || Date.now() >= limit) throw error;
      await sleep(500, undefined, { signal });
    }
  }
}

function explained(error: unknown, { kind, name }: Place, namespace: string): unknown {
  if (!(error instanceof ApiError)) return error;
  const where = `${kind.kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
  if (error.code === 409 && error.message.includes("conflict")) {
    const remedy =
      'Leave these fields out, or take them over with the annotation pulumi.com/patchForce: "true" or the provider\'s enablePatchForce';
    return new ApiError(error.code, error.reason, `${where}: ${error.message}. ${remedy}`);
  }
  return new ApiError(error.code, error.reason, `${where}: ${error.message}`);
}

/** True for the error of a namespace that is not there: in a preview, it may only be planned. */
export function isMissingNamespace(error: unknown): boolean {
  return (
    error instanceof ApiError && error.code === 404 && /namespaces? "[^"]*" not found/.test(error.message)
  );
}

/** Deletes an object and, unless told otherwise, waits until it is gone. Gone already is fine. */
export async function deleteObject(
  cluster: Cluster,
  place: Place,
  {
    policy,
    uid,
    wait,
  }: { policy: string; uid: string | undefined; wait: (gone: () => Promise<boolean>) => Promise<void> },
): Promise<void> {
  const { kind, namespace, name } = place;
  try {
    await cluster.request({
      method: "DELETE",
      path: await cluster.path(kind, namespace, name),
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: policy,
      },
    });
  } catch (error) {
    if (isNotFound(error) || error instanceof NoSuchKind) return;
    throw error;
  }
  await wait(async () => {
    const live = await readObject(cluster, place);
    // Another object may have the name by now (a controller made it anew): ours is gone.
    if (live === undefined) return true;
    return uid !== undefined && plainText(plainInner(live, "metadata"), "uid") !== uid;
  });
}
