/** Outputs of a resource: its inputs, what the table says, and what the SDK promises beside. */
import {
  type Bag,
  computed,
  isBag,
  markLike,
  type Plain,
  type PlainBag,
  Secret,
} from "../../engine/rpc/values.ts";
import type { Kind, Making } from "./kind.ts";
import { valuesAt, withValue } from "./paths.ts";
import type { Member, Members } from "./shapes.ts";

/** Inputs with the table's defaults. */
export function withDefaults(kind: Kind, inputs: PlainBag): PlainBag {
  let result = inputs;
  for (const [path, rule] of Object.entries(kind.inputs ?? {})) {
    if (rule.default === undefined || path.includes("[]") || valuesAt(result, path).length > 0) continue;
    const parent = path.split(".").slice(0, -1).join(".");
    if (parent === "" || valuesAt(result, parent).length > 0)
      result = plain(withValue(result, path, rule.default));
  }
  return result;
}

// withValue keeps to plain values where it is given plain ones.
function plain(bag: Bag): PlainBag {
  const result: PlainBag = {};
  for (const [key, value] of Object.entries(bag)) result[key] = asPlain(value);
  return result;
}
function asPlain(value: Bag[string]): Plain {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(asPlain);
  return plain(Object.fromEntries(Object.entries(value)));
}

/** What a real API answers for something that nobody asked for. */
function nothingOf({ shape, required }: Member): Plain | undefined {
  if (!required) return undefined;
  switch (shape.is) {
    case "text":
      return "";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "list":
      return [];
    case "map":
      return {};
    default:
      return undefined;
  }
}

/** With the empty value of everything that the SDK promises and nobody said. */
export function completed(outputs: PlainBag, declared: Members): PlainBag {
  const result = { ...outputs };
  for (const [key, member] of Object.entries(declared)) {
    const empty = nothingOf(member);
    if (result[key] === undefined && empty !== undefined && key !== "urn" && key !== "id")
      result[key] = empty;
  }
  return result;
}

/** Outputs of what was made or changed. `given` are those that only the real thing behind knows. */
export function madeOutputs(kind: Kind, making: Making, declared: Members, given: PlainBag): PlainBag {
  let outputs: PlainBag = { ...making.inputs };
  for (const [path, of] of Object.entries(kind.outputs ?? {})) {
    const value = of({ ...making, outputs });
    if (value !== undefined) outputs = plain(withValue(outputs, path, value));
  }
  const dressed = making.world.cloud.dress?.({ ...making, outputs }, new Set(Object.keys(declared))) ?? {};
  outputs = { ...outputs, ...dressed, ...given };
  return completed(outputs, declared);
}

/** Outputs of what is only planned: what the cloud would say is not known. */
export function plannedOutputs(kind: Kind, inputs: Bag, declared: Members): Bag {
  let outputs = inputs;
  for (const [key, { required }] of Object.entries(declared)) {
    if (required && outputs[key] === undefined) outputs = { ...outputs, [key]: computed };
  }
  for (const path of Object.keys(kind.outputs ?? {})) {
    if (valuesAt(outputs, path).length === 0) outputs = withValue(outputs, path, computed);
  }
  return secretOutputs(kind, outputs, inputs);
}

/** Marks what is secret: as in the inputs, and what the table says. */
export function secretOutputs(kind: Kind, outputs: Bag, inputs: Bag): Bag {
  const marked = markLike(outputs, inputs);
  const secret = [
    ...(kind.secretOutputs ?? []),
    ...Object.entries(kind.inputs ?? {}).flatMap(([path, rule]) =>
      rule.secret === true ? [path.split(/[.[]/)[0] ?? path] : [],
    ),
  ];
  for (const key of secret) {
    const value = marked[key];
    if (value !== undefined && value !== null) marked[key] = new Secret(value);
  }
  return marked;
}

/** Inputs with what the cloud itself knows within them, which a change of the others leaves as it was. */
export function overlaid(news: Bag, before: Bag, asked: Bag): Bag {
  const merged: Bag = { ...news };
  for (const [key, value] of Object.entries(before)) {
    const now = news[key];
    const then = asked[key];
    if (isBag(now) && isBag(value)) merged[key] = overlaid(now, value, isBag(then) ? then : {});
    else if (now === undefined && then === undefined) merged[key] = value;
  }
  return merged;
}
