/** What is in a simulated cloud: for receipts, tests, and to put things there that a user has already. */
import { join } from "node:path";
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Backend, type CloudName, nothing } from "./backend.ts";
import { type Strike, strikesIn } from "./faults.ts";
import type { Cloud } from "./kind.ts";
import { make, unmake } from "./operations.ts";
import type { Shapes } from "./shapes.ts";
import { Store } from "./store.ts";

/** One thing in the cloud. `urn` is empty for what the cloud made by itself. */
export type CloudThing = { readonly type: string; readonly id: string; readonly urn: string };
export type CloudContents = {
  /** What exists. */
  readonly living: readonly CloudThing[];
  /** Deleted, and not gone: a name that stays taken, a key that waits. `until` is missing where only somebody can end it. */
  readonly kept: readonly (CloudThing & { readonly until?: Date; readonly why: string })[];
  /** Several living things of one resource: the answer to a creation was lost, and nobody will delete the others. */
  readonly duplicates: readonly { readonly urn: string; readonly ids: readonly string[] }[];
};

/**
 * What is left in one cloud, under the folder that PORTOLAN_CLOUD_STATE names. An empty or missing folder is an empty
 * cloud.
 */
export function cloudContents(folder: string, cloud: CloudName): CloudContents {
  const all = new Store(join(folder, cloud)).all();
  const living = all.filter(({ kept }) => kept === undefined);
  const byUrn = Map.groupBy(
    living.filter(({ urn }) => urn !== ""),
    ({ urn }) => urn,
  );
  return {
    living: living.map(thing).toSorted(byType),
    kept: all
      .flatMap((record) => {
        if (record.kept === undefined) return [];
        const { until, why } = record.kept;
        return [{ ...thing(record), why, ...(until === null ? {} : { until: new Date(until) }) }];
      })
      .toSorted(byType),
    duplicates: [...byUrn].flatMap(([urn, records]) =>
      records.length > 1 ? [{ urn, ids: records.map(({ id }) => id) }] : [],
    ),
  };
}

/** Which faults of the plan happened in one cloud, and to whom, in order. */
export function cloudStrikes(folder: string, cloud: CloudName): readonly Strike[] {
  return strikesIn(join(folder, cloud));
}

function thing({ type, id, urn }: CloudThing): CloudThing {
  return { type, id, urn };
}

function byType(left: CloudThing, right: CloudThing): number {
  return `${left.type} ${left.id}`.localeCompare(`${right.type} ${right.id}`);
}

/** What a user has already, e.g. a DNS zone or a network: made as the API would make it, and nobody's resource here. */
export type Planted = {
  readonly type: string;
  readonly inputs: PlainBag /** In place of a made one. */;
  readonly id?: string;
};

/** @throws Refused as the API would */
export async function plantIn(
  folder: string,
  name: CloudName,
  { cloud, shapes }: { cloud: Cloud; shapes: Shapes },
  config: PlainBag,
  things: readonly Planted[],
  backend: Backend = nothing(),
): Promise<readonly string[]> {
  const settings = cloud.settings(config, {});
  const store = new Store(join(folder, name)).from(settings.region);
  const world = { ...settings, cloud, store, backend, now: Date.now };
  const ids: string[] = [];
  for (const { type, inputs, id } of things) {
    const declared = shapes.types[type]?.outputs ?? {};
    const record = await make({
      world,
      type,
      urn: "",
      inputs,
      declared,
      settle: 0,
      ...(id === undefined ? {} : { id }),
    });
    ids.push(record.id);
  }
  return ids;
}

/** Takes away what was planted. What is gone already is no error. @throws Refused as the API would */
export async function uprootIn(
  folder: string,
  name: CloudName,
  cloud: Cloud,
  config: PlainBag,
  things: readonly Pick<CloudThing, "type" | "id">[],
  backend: Backend = nothing(),
): Promise<void> {
  const settings = cloud.settings(config, {});
  const store = new Store(join(folder, name)).from(settings.region);
  const world = { ...settings, cloud, store, backend, now: Date.now };
  for (const { type, id } of things) await unmake(world, type, id);
}
