/** Checks what a program gives a resource: names, types, what is required, and the rules of the table. */
import { distance } from "fastest-levenshtein";
import type { Checked, Failure } from "../../engine/rpc/provider.ts";
import {
  type Bag,
  Computed,
  hasComputed,
  isBag,
  Secret,
  toPlain,
  type Value,
} from "../../engine/rpc/values.ts";
import type { Kind, Rule } from "./kind.ts";
import { rulePath, valuesAt, withValue } from "./paths.ts";
import type { Members, Shape, Shapes } from "./shapes.ts";

/** What of a check belongs to the cloud and not to the resource. */
export type CheckWorld = { readonly shapes: Shapes; readonly closed: boolean };

const sizes = {
  text: "a text",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  map: "a map",
  object: "an object",
};

function nearest(key: string, known: readonly string[]): string {
  const [best] = known.toSorted((left, right) => distance(key, left) - distance(key, right));
  return best !== undefined && distance(key, best) <= Math.max(2, key.length / 4)
    ? `; did you mean "${best}"?`
    : "";
}

class Check {
  readonly failures: Failure[] = [];
  readonly #world: CheckWorld;
  readonly #type: string;
  readonly #options: ReadonlyMap<string, Rule>;

  constructor(world: CheckWorld, type: string, rules: Readonly<Record<string, Rule>>) {
    this.#world = world;
    this.#type = type;
    this.#options = new Map(Object.entries(rules));
  }

  fail(property: string, reason: string): void {
    this.failures.push({ property, reason });
  }

  members(bag: Bag, members: Members, base: string): Bag {
    const known = Object.keys(members);
    const result: Bag = {};
    for (const [key, value] of Object.entries(bag)) {
      if (value === null) continue;
      const path = base === "" ? key : `${base}.${key}`;
      const member = members[key];
      if (member === undefined) {
        this.fail(
          path,
          `${this.#type} has no property "${path}"${nearest(key, known)} It has ${known.join(", ")}`,
        );
        continue;
      }
      result[key] = this.value(value, member.shape, path);
    }
    for (const [key, { required }] of Object.entries(members)) {
      const path = base === "" ? key : `${base}.${key}`;
      if (required && result[key] === undefined) this.fail(path, `${this.#type} needs "${path}"`);
    }
    return result;
  }

  value(value: Value, shape: Shape, path: string): Value {
    if (value instanceof Secret) return new Secret(this.value(value.value, shape, path));
    if (value instanceof Computed || shape.is === "any") return value;
    if (shape.is === "text" && shape.json === true && isBag(value)) {
      return hasComputed(value) ? new Computed() : JSON.stringify(toPlain(value));
    }
    if (shape.is === "list" && Array.isArray(value)) {
      return value.map((item, at) => this.value(item, shape.of, `${path}[${at}]`));
    }
    if (shape.is === "map" && isBag(value)) {
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== null)
          .map(([key, item]) => [key, this.value(item, shape.of, `${path}["${key}"]`)]),
      );
    }
    if (shape.is === "object" && isBag(value)) {
      return this.members(value, this.#world.shapes.objects[shape.named] ?? {}, path);
    }
    const fits =
      (shape.is === "text" && typeof value === "string") ||
      (shape.is === "number" && typeof value === "number") ||
      (shape.is === "boolean" && typeof value === "boolean");
    if (!fits) this.fail(path, `"${path}" of ${this.#type} must be ${sizes[shape.is]}`);
    else if (shape.is === "text" && typeof value === "string")
      this.#literal(value, shape.options, shape.open, path);
    return value;
  }

  #literal(
    value: string,
    options: readonly string[] | undefined,
    open: boolean | undefined,
    path: string,
  ): void {
    if (options === undefined || (open === true && !this.#world.closed)) return;
    // The table knows better than the SDK where it says something itself.
    if (this.#options.get(rulePath(path))?.options !== undefined || options.includes(value)) return;
    this.fail(path, `"${path}" of ${this.#type} must be one of ${options.join(", ")}, not "${value}"`);
  }

  rule(inputs: Bag, path: string, rule: Rule): void {
    const places = valuesAt(inputs, path);
    if (rule.required === true && !path.includes(".") && places.length === 0 && rule.default === undefined) {
      this.fail(path, `${this.#type} needs "${path}"`);
    }
    for (const { path: at, value } of places) {
      const inner = value instanceof Secret ? value.value : value;
      if (hasComputed(inner)) continue;
      const wrong = breach(inner, rule);
      if (wrong === undefined) continue;
      const shown =
        value instanceof Secret || rule.secret === true ? "the value given" : JSON.stringify(inner);
      this.fail(at, `"${at}" of ${this.#type} must be ${wrong}, not ${shown}`);
    }
  }
}

function breach(value: Value, { options, pattern, says, range }: Rule): string | undefined {
  if (options !== undefined && !options.some((option) => option === value))
    return `one of ${options.join(", ")}`;
  if (pattern !== undefined && typeof value === "string" && !pattern.test(value))
    return says ?? `like ${pattern.source}`;
  if (range === undefined) return undefined;
  const [least, most] = range;
  const size =
    typeof value === "number"
      ? value
      : typeof value === "string" || Array.isArray(value)
        ? value.length
        : least;
  if (size >= least && size <= most) return undefined;
  const unit = typeof value === "string" ? " characters long" : Array.isArray(value) ? " items" : "";
  return `${least} to ${most}${unit}`;
}

/** Inputs with what the table makes secret, and one failure for each mistake. `inputs` has no nulls. */
export function checkInputs(world: CheckWorld, type: string, kind: Kind, news: Bag): Checked {
  const rules = kind.inputs ?? {};
  const check = new Check(world, type, rules);
  let inputs = check.members(news, world.shapes.types[type]?.inputs ?? {}, "");
  for (const [path, rule] of Object.entries(rules)) {
    check.rule(inputs, path, rule);
    if (rule.secret !== true || path.includes("[]")) continue;
    const [place] = valuesAt(inputs, path);
    if (place !== undefined) inputs = withValue(inputs, path, new Secret(place.value));
  }
  return { inputs, failures: check.failures };
}

/** Arguments of a function: unknown and missing ones, as sentences. */
export function checkArguments(world: CheckWorld, token: string, args: Bag): string[] {
  const { failures } = checkInputs(world, token, { id: () => "" }, args);
  return failures.map(({ reason }) => reason);
}
