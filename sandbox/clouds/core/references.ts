/** Who names whom: what must exist, what is in use, what goes with what. */

import { type Cloud, type Kind, type Reference, Refused, type World } from "./kind.ts";
import { textsAt } from "./paths.ts";
import type { CloudRecord } from "./store.ts";

type Named = { readonly holder: string; readonly path: string; readonly reference: Reference };

const byTarget = new WeakMap<Cloud, ReadonlyMap<string, readonly Named[]>>();

/** All inputs of a cloud's table that may name a resource of a type. */
function namesOf(cloud: Cloud, type: string): readonly Named[] {
  let index = byTarget.get(cloud);
  if (index === undefined) {
    const found = new Map<string, Named[]>();
    for (const [holder, kind] of Object.entries(cloud.kinds)) {
      for (const [path, rule] of Object.entries(kind.inputs ?? {})) {
        const reference = rule.refers;
        for (const target of reference === undefined ? [] : [reference.to].flat()) {
          if (reference !== undefined)
            found.set(target, [...(found.get(target) ?? []), { holder, path, reference }]);
        }
      }
    }
    index = found;
    byTarget.set(cloud, index);
  }
  return index.get(type) ?? [];
}

function answersTo(record: CloudRecord, value: string, by: readonly string[] = ["id"]): boolean {
  return by.some((key) => (key === "id" ? record.id === value : record.outputs[key] === value));
}

/** True when one can name the other without saying a region. */
function near(region: string, record: CloudRecord): boolean {
  return region === "" || record.region === "" || record.region === region;
}

function shares({ within }: Reference, holder: CloudRecord["inputs"], record: CloudRecord): boolean {
  return within === undefined || holder[within] === record.inputs[within];
}

/** The living resource that a value names, for a resource of these inputs. */
export function named(
  world: World,
  reference: Reference,
  value: string,
  inputs?: CloudRecord["inputs"],
): CloudRecord | undefined {
  return world.store
    .living([reference.to].flat())
    .filter((record) => near(world.region, record))
    .filter((record) => inputs === undefined || shares(reference, inputs, record))
    .find((record) => answersTo(record, value, reference.by));
}

/**
 * The resources that the inputs name, each of which must exist.
 * @throws Refused for the first that does not; with `retry` when it exists and is too young to be known everywhere
 */
export function requireNamed(world: World, type: string, kind: Kind, inputs: CloudRecord["inputs"]): void {
  for (const [path, { refers }] of Object.entries(kind.inputs ?? {})) {
    if (refers === undefined) continue;
    for (const value of textsAt(inputs, path)) {
      if (refers.unless?.test(value)) continue;
      const found = named(world, refers, value, inputs);
      if (found === undefined && refers.elsewhere === true) continue;
      if (found === undefined) {
        const [target = ""] = [refers.to].flat();
        throw new Refused(
          `NotFound: "${path}" of ${type} names "${value}", and no ${target} has that ${refers.by?.join(" or ") ?? "id"}${refers.within === undefined ? "" : ` in the same ${refers.within}`}`,
        );
      }
      if (found.usable > world.now()) {
        throw new Refused(`"${path}" of ${type} names "${value}", which is not known everywhere yet`, true);
      }
    }
  }
}

/** The living resources that name this one, and how they take its deletion. */
export function holdersOf(
  world: World,
  record: CloudRecord,
): { holder: CloudRecord; atDelete: "refuse" | "cascade" | "leave"; path: string }[] {
  return namesOf(world.cloud, record.type).flatMap(({ holder, path, reference }) =>
    world.store
      .living([holder])
      .filter((other) => other.id !== record.id || other.type !== record.type)
      .filter((other) => near(other.region, record) && shares(reference, other.inputs, record))
      .filter((other) => textsAt(other.inputs, path).some((value) => answersTo(record, value, reference.by)))
      .map((other) => ({ holder: other, atDelete: reference.atDelete ?? "refuse", path })),
  );
}
