import { leafChanges } from "../rpc/compare.ts";
import type { CheckArgs, Checked, DiffArgs, Difference, Failure } from "../rpc/provider.ts";
import { type Bag, inner, isBag, reveal, text, withoutNulls } from "../rpc/values.ts";
import { timeoutOf } from "./await/index.ts";
import { waitForRule } from "./await/waitFor.ts";
import { kindOf, kindOfType, sdkProperties } from "./kinds.ts";
import { annotation, autonamed, inNamespace, metadataOf, named } from "./names.ts";
import { type Context, propagation } from "./objects.ts";
import { replacingPaths, touches } from "./replace.ts";
import { sealInputs } from "./state.ts";

/** Every annotation of Pulumi's that means something here; another would be ignored without a word. */
const understood = [
  "pulumi.com/autonamed",
  "pulumi.com/deletionPropagationPolicy",
  "pulumi.com/patchFieldManager",
  "pulumi.com/patchForce",
  "pulumi.com/skipAwait",
  "pulumi.com/timeoutSeconds",
  "pulumi.com/waitFor",
];

function checkAnnotations(object: Bag): Failure[] {
  const failures: Failure[] = [];
  for (const key of Object.keys(inner(metadataOf(object), "annotations"))) {
    if (!key.startsWith("pulumi.com/") || understood.includes(key)) continue;
    const reason = `the sandbox's stand-in does not know the annotation ${key}; it knows ${understood.join(", ")}`;
    failures.push({ property: "metadata.annotations", reason });
  }
  const refuse = (key: string, test: () => void): void => {
    try {
      test();
    } catch (error) {
      failures.push({
        property: `metadata.annotations["${key}"]`,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  };
  const asked = annotation(object, "pulumi.com/waitFor");
  if (asked !== undefined) refuse("pulumi.com/waitFor", () => void waitForRule(asked));
  refuse("pulumi.com/timeoutSeconds", () => void timeoutOf(object, "", 0));
  const policy = annotation(object, "pulumi.com/deletionPropagationPolicy");
  if (policy !== undefined) refuse("pulumi.com/deletionPropagationPolicy", () => void propagation(object));
  return failures;
}

/** Names what has no name, fills the namespace, and refuses properties that the kind does not have. */
export async function checkObject(
  { cluster }: Context,
  { type, name, olds, news, randomSeed }: CheckArgs,
): Promise<Checked> {
  const kind = kindOfType(type);
  const failures: Failure[] = [];
  const known = sdkProperties(type);
  const given = withoutNulls(news);
  for (const key of Object.keys(given)) {
    if (known !== undefined && !known.includes(key)) {
      failures.push({
        property: key,
        reason: `${type} has no property "${key}"; it has ${known.join(", ")}`,
      });
    }
  }
  const object: Bag = { apiVersion: kind.apiVersion, kind: kind.kind, ...given };
  let inputs = named(object, olds, name, randomSeed);
  if (await cluster.namespaced(kind)) inputs = inNamespace(inputs, await cluster.defaultNamespace());
  failures.push(...checkAnnotations(inputs));
  return { inputs: sealInputs(inputs), failures };
}

/** Compares old and new inputs, and says which changes need another object. */
export async function diffObject(
  { cluster }: Context,
  { type, oldInputs, oldOutputs, news }: DiffArgs,
): Promise<Difference> {
  const kind = kindOfType(type);
  const namespaced = await cluster.namespaced(kind);
  const known = Object.keys(oldInputs).length > 0 ? oldInputs : oldOutputs;
  const olds = canonical(reveal(withoutNulls(known)), namespaced);
  const after = canonical(reveal(withoutNulls(news)), namespaced);
  const paths = [...replacingPaths(kind, olds, cluster.settings), "kind"];
  const changes = leafChanges(olds, after).map((change) => ({
    path: change.path,
    kind: change.kind,
    replace: touches(change, paths, olds, after) || isOtherGroup(change.path, olds, after),
  }));
  const [before, next] = [metadataOf(olds), metadataOf(after)];
  const deleteBeforeReplace =
    changes.some(({ replace }) => replace) &&
    annotation(news, autonamed) !== "true" &&
    before.name === next.name &&
    before.namespace === next.namespace;
  return { changes, deleteBeforeReplace };
}

/**
 * The namespace as the server takes it: no name is `default`, and a kind outside of namespaces has none, although
 * one was planned while its definition was not there yet.
 */
function canonical(object: Bag, namespaced: boolean): Bag {
  const { namespace, ...metadata } = metadataOf(object);
  if (!isBag(object.metadata) || (namespaced && namespace !== undefined && namespace !== "")) return object;
  return { ...object, metadata: namespaced ? { ...metadata, namespace: "default" } : metadata };
}

/** Another version of a kind is the same object to the API server; another group is another object. */
function isOtherGroup(path: string, olds: Bag, news: Bag): boolean {
  if (path !== "apiVersion") return false;
  return (
    kindOf(text(olds, "apiVersion") ?? "", "").group !== kindOf(text(news, "apiVersion") ?? "", "").group
  );
}
