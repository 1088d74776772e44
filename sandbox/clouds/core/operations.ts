/** What a simulated API does when it is asked to make, change or remove something. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused, type World } from "./kind.ts";
import { digest } from "./naming.ts";
import { madeOutputs, withDefaults } from "./outputs.ts";
import { textOf } from "./paths.ts";
import { holdersOf, requireNamed } from "./references.ts";
import type { Members } from "./shapes.ts";
import type { CloudRecord } from "./store.ts";

/** The kind of a type. @throws for one that the table does not have, with those that it has */
export function kindOf(world: Pick<World, "cloud">, type: string): Kind {
  const kind = world.cloud.kinds[type];
  if (kind === undefined || kind.internal === true) {
    const known = Object.entries(world.cloud.kinds).flatMap(([name, { internal }]) =>
      internal ? [] : [name],
    );
    throw new Error(`The simulated cloud does not know ${type}; it knows ${known.join(", ")}`);
  }
  return kind;
}

/** The same world in the region that a resource asks for. */
export function worldFor(world: World, inputs: PlainBag): World {
  const region = textOf(inputs, "region");
  return region === "" ? world : { ...world, region, store: world.store.from(region) };
}

function expired({ kept }: CloudRecord, world: World): boolean {
  return kept !== undefined && kept.until !== null && kept.until <= world.now();
}

/** @throws Refused when another has the name, or had it and it is not free yet */
function requireFree(world: World, type: string, { naming }: Kind, inputs: PlainBag, self?: string): void {
  if (naming === undefined) return;
  const name = inputs[naming.property];
  if (typeof name !== "string") return;
  for (const record of world.store.all()) {
    if (record.type !== type || record.id === self || record.inputs[naming.property] !== name) continue;
    if (naming.scope !== "global" && record.account !== world.account) continue;
    if (naming.within !== undefined && record.inputs[naming.within] !== inputs[naming.within]) continue;
    if (naming.scope === "region" && record.region !== world.region) continue;
    if (expired(record, world)) {
      world.store.remove(type, record.id);
      continue;
    }
    const why = record.kept === undefined ? "" : ` (${record.kept.why})`;
    throw new Refused(`${naming.taken}: "${name}"${why}`);
  }
}

type Asked = {
  readonly world: World;
  readonly type: string;
  readonly urn: string;
  readonly inputs: PlainBag;
  readonly declared: Members;
  /** How long (ms) others are refused who name it, beside the kind's own measure. */
  readonly settle: number;
  /** Instead of an id that the cloud makes up. */
  readonly id?: string;
};

/** Makes it, and answers its record. @throws Refused */
export async function make(asked: Asked): Promise<CloudRecord> {
  const kind = kindOf(asked.world, asked.type);
  const world = worldFor(asked.world, asked.inputs);
  const { type, urn } = asked;
  const created = world.now();
  const inputs = withDefaults(kind, asked.inputs);
  const draft: Making = { world, type, urn, id: "", inputs, outputs: {}, created };
  requireNamed(world, type, kind, inputs);
  const id = asked.id ?? kind.id(draft);
  const there = world.store.find(type, id);
  if (there !== undefined && expired(there, world)) world.store.remove(type, id);
  else if (there !== undefined && there.kept === undefined && kind.puts !== true)
    throw new Refused(`${kind.taken ?? kind.naming?.taken ?? "AlreadyExists"}: ${type} "${id}"`);
  else if (there === undefined || there.kept !== undefined) requireFree(world, type, kind, inputs);
  const making = { ...draft, id };
  kind.admit?.(making);
  const record: CloudRecord = {
    type,
    id,
    urn,
    account: world.account,
    region: kind.everywhere === true ? "" : world.region,
    inputs: asked.inputs,
    outputs: madeOutputs(kind, making, asked.declared, {}),
    created,
    usable: created + asked.settle + (kind.settles ?? 0),
  };
  // Nothing waits up to here: of two requests for one name, one comes first. And whoever dies from here on leaves it.
  world.store.put(record);
  if (kind.behind === undefined) return record;
  try {
    const given = (await kind.behind({ ...making, outputs: record.outputs })) ?? {};
    const ready = { ...record, outputs: madeOutputs(kind, making, asked.declared, given) };
    world.store.put(ready);
    return ready;
  } catch (error) {
    if (there === undefined) world.store.remove(type, id);
    else world.store.put(there);
    throw error;
  }
}

/** Changes it, and answers its record. @throws Refused */
export async function change(asked: Asked & { id: string }): Promise<CloudRecord> {
  const kind = kindOf(asked.world, asked.type);
  const world = worldFor(asked.world, asked.inputs);
  const old = living(world, asked.type, asked.id);
  if (old === undefined) throw new Refused(`NotFound: ${asked.type} "${asked.id}" does not exist`);
  const inputs = withDefaults(kind, asked.inputs);
  const { type, urn, id } = asked;
  const making: Making = { world, type, urn, id, inputs, outputs: old.outputs, created: old.created, old };
  requireNamed(world, type, kind, inputs);
  requireFree(world, type, kind, inputs, id);
  kind.admit?.(making);
  const given =
    (await kind.behind?.({ ...making, outputs: madeOutputs(kind, making, asked.declared, {}) })) ?? {};
  const record = {
    ...old,
    urn,
    inputs: asked.inputs,
    outputs: madeOutputs(kind, making, asked.declared, given),
  };
  world.store.put(record);
  return record;
}

/** What exists under an id. */
export function living(world: World, type: string, id: string): CloudRecord | undefined {
  const record = world.store.find(type, id);
  return record?.kept === undefined ? record : undefined;
}

/** What exists under what an import names: its id, or another text where the kind has one. */
export function importable(
  world: World,
  type: string,
  { imports }: Kind,
  name: string,
): CloudRecord | undefined {
  const found = living(world, type, name);
  if (found !== undefined || imports === undefined) return found;
  return world.store
    .living([type])
    .find((record) => [world.region, ""].includes(record.region) && imports(record) === name);
}

/** Removes it and what goes with it. What is gone already is no error. @throws Refused, to be asked again while in use */
export async function unmake(world: World, type: string, id: string): Promise<void> {
  const record = living(world, type, id);
  if (record === undefined) return;
  const kind = kindOf(world, type);
  const protection = kind.protectedBy?.(record);
  if (protection !== undefined) throw new Refused(protection);
  await removeRecord(worldFor(world, { region: record.region }), record, kind);
}

async function removeRecord(world: World, record: CloudRecord, kind: Kind): Promise<void> {
  const holders = holdersOf(world, record);
  const [holder] = holders.filter(({ atDelete }) => atDelete === "refuse");
  if (holder !== undefined) {
    throw new Refused(
      `DependencyViolation: ${record.type} "${record.id}" is still in use: "${holder.path}" of ${holder.holder.type} "${holder.holder.id}" names it`,
      true,
    );
  }
  await kind.release?.({ world, record });
  for (const { holder: other, atDelete } of holders) {
    const otherKind = world.cloud.kinds[other.type];
    if (
      atDelete === "cascade" &&
      otherKind !== undefined &&
      living(world, other.type, other.id) !== undefined
    )
      await removeRecord(world, other, otherKind);
  }
  await kind.remove?.({ world, record });
  const keeps = kind.keeps?.(record);
  if (keeps === undefined) world.store.remove(record.type, record.id);
  else {
    const until = Number.isFinite(keeps.hours) ? world.now() + keeps.hours * 3_600_000 : null;
    world.store.put({ ...record, kept: { until, why: keeps.why } });
  }
}

/** A record of something that the cloud makes itself, e.g. a cluster's security group. */
export function bring(
  world: World,
  type: string,
  id: string,
  inputs: PlainBag,
  outputs: PlainBag,
): CloudRecord {
  const now = world.now();
  const record = {
    type,
    id,
    urn: "",
    account: world.account,
    region: world.region,
    inputs,
    outputs: { ...inputs, ...outputs },
    created: now,
    usable: now,
  };
  world.store.put(record);
  return record;
}

/** `vpc-` and 17 digits: an id that is the same for the same parts. */
export function madeId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}${digest(17, ...parts)}`;
}
