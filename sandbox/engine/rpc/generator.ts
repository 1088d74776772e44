import { changedKeys } from "./compare.ts";
import type {
  Checked,
  CreateArgs,
  Difference,
  Failure,
  Found,
  PropertyChange,
  Provider,
  ReadArgs,
} from "./provider.ts";
import {
  type Bag,
  computed,
  hasComputed,
  markLike,
  type PlainBag,
  reveal,
  Secret,
  toPlain,
  type Value,
  withoutNulls,
} from "./values.ts";

export type InputType = "number" | "string" | "boolean" | "strings" | "map" | "bag";
export type InputRule = { type: InputType; default?: Value; required?: true };
export type Made = { id: string; outputs: PlainBag };

/** A resource whose values are made once, from its inputs, and never again. */
export type GeneratorKind = {
  inputs: Record<string, InputRule>;
  /** Every output that is not an input too. */
  outputs: readonly string[];
  /** Outputs that are secret whatever the inputs are. */
  secret: readonly string[];
  /** Further rules between inputs: one message for each mistake. */
  refuse?(inputs: PlainBag): Failure[] | Promise<Failure[]>;
  make(inputs: PlainBag): Promise<Made>;
  /** Inputs that may change without making the value anew. */
  mutable?: readonly string[];
  /** What an import's id says; absent when such a resource cannot be imported. */
  adopt?(id: string): Promise<{ inputs: PlainBag; outputs: PlainBag; id: string }>;
  /** New outputs at a refresh, e.g. a certificate that has come near its end. */
  refresh?(inputs: PlainBag, outputs: PlainBag): PlainBag;
  /** The name of a property that makes a replacement due although no input changed, from the old outputs and the new inputs. */
  outdated?(outputs: PlainBag, news: Bag): string | undefined;
};

// What the engine puts into a provider's own settings.
const providerOwn = new Set(["version", "pluginDownloadURL", "__internal", "parameterization"]);

function fits(value: Value, type: InputType): boolean {
  const plain = value instanceof Secret ? value.value : value;
  switch (type) {
    case "strings":
      return Array.isArray(plain);
    case "map":
    case "bag":
      return typeof plain === "object" && !Array.isArray(plain);
    default:
      return typeof plain === type;
  }
}

async function check(kind: GeneratorKind, type: string, news: Bag): Promise<Checked> {
  const inputs = withoutNulls(news);
  const failures: Failure[] = [];
  const allowed = Object.keys(kind.inputs);
  for (const key of Object.keys(inputs)) {
    if (!allowed.includes(key)) {
      failures.push({
        property: key,
        reason: `${type} has no property "${key}"; it has ${allowed.join(", ")}`,
      });
    }
  }
  for (const [key, rule] of Object.entries(kind.inputs)) {
    const value = inputs[key] ?? rule.default;
    if (value === undefined) {
      if (rule.required) failures.push({ property: key, reason: `${type} needs "${key}", a ${rule.type}` });
      continue;
    }
    inputs[key] = value;
    if (!hasComputed(value) && !fits(value, rule.type)) {
      failures.push({ property: key, reason: `"${key}" of ${type} must be a ${rule.type}` });
    }
  }
  if (failures.length === 0 && kind.refuse !== undefined && !hasComputed(inputs)) {
    failures.push(...(await kind.refuse(toPlain(inputs))));
  }
  return { inputs, failures };
}

function withSecrets(kind: GeneratorKind, inputs: Bag, outputs: PlainBag): Bag {
  const bag: Bag = markLike({ ...reveal(inputs), ...outputs }, inputs);
  for (const key of kind.secret) {
    const value = bag[key];
    if (value !== undefined) bag[key] = new Secret(value);
  }
  return bag;
}

function difference(kind: GeneratorKind, oldInputs: Bag, news: Bag, oldOutputs: Bag): Difference {
  const changes: PropertyChange[] = changedKeys(oldInputs, news).map(({ key, kind: change }) => ({
    path: key,
    kind: change,
    replace: kind.mutable?.includes(key) !== true,
  }));
  const reason = hasComputed(oldOutputs)
    ? undefined
    : kind.outdated?.(toPlain(reveal(oldOutputs)), reveal(news));
  if (reason !== undefined) changes.push({ path: reason, kind: "update", replace: true });
  return { changes };
}

async function read(kind: GeneratorKind, { id, type, inputs, outputs }: ReadArgs): Promise<Found> {
  if (Object.keys(outputs).length > 0) {
    const refreshed = kind.refresh?.(toPlain(inputs), toPlain(outputs)) ?? {};
    return { id, inputs, outputs: withSecrets(kind, inputs, { ...toPlain(outputs), ...refreshed }) };
  }
  if (kind.adopt === undefined) throw new Error(`${type} cannot be imported or read by an id`);
  const adopted = await kind.adopt(id);
  return {
    id: adopted.id,
    inputs: adopted.inputs,
    outputs: withSecrets(kind, adopted.inputs, adopted.outputs),
  };
}

/** A provider of such resources; `functions` are its invokes by token. */
export function generatorProvider(
  version: string,
  kinds: ReadonlyMap<string, GeneratorKind>,
  functions: ReadonlyMap<string, (args: PlainBag) => Promise<PlainBag>>,
): Provider {
  const kindOf = (type: string): GeneratorKind => {
    const kind = kinds.get(type);
    if (kind === undefined) {
      throw new Error(
        `The sandbox's stand-in does not know ${type}; it knows ${[...kinds.keys()].join(", ")}`,
      );
    }
    return kind;
  };
  const create = async ({ type, news, preview }: CreateArgs) => {
    const kind = kindOf(type);
    if (preview || hasComputed(news)) {
      const outputs: Bag = { ...news };
      for (const key of kind.outputs)
        outputs[key] = kind.secret.includes(key) ? new Secret(computed) : computed;
      return { id: "", outputs };
    }
    const made = await kind.make(toPlain(news));
    return { id: made.id, outputs: withSecrets(kind, news, made.outputs) };
  };
  return {
    version,
    checkConfig: async ({ news }) => {
      const unknown = Object.keys(withoutNulls(news)).filter((key) => !providerOwn.has(key));
      const failures = unknown.map((key) => ({
        property: key,
        reason: `The sandbox's stand-in for this provider takes no settings; remove "${key}"`,
      }));
      return { inputs: news, failures };
    },
    diffConfig: async () => ({ changes: [] }),
    configure: async () => {},
    check: async ({ type, news }) => check(kindOf(type), type, news),
    diff: async ({ type, oldInputs, news, oldOutputs }) =>
      difference(kindOf(type), oldInputs, news, oldOutputs),
    create,
    read: async (args) => read(kindOf(args.type), args),
    update: async ({ type, news, oldOutputs, preview }) => {
      const kind = kindOf(type);
      if (preview && hasComputed(news)) return { ...oldOutputs, ...news };
      const kept: PlainBag = {};
      const old = toPlain(oldOutputs);
      for (const key of kind.outputs) if (old[key] !== undefined) kept[key] = old[key];
      return withSecrets(kind, news, { ...kept, ...kind.refresh?.(toPlain(news), kept) });
    },
    delete: async () => {},
    invoke: async (token, args) => {
      const call = functions.get(token);
      if (call === undefined) throw new Error(`The sandbox's stand-in does not know the function ${token}`);
      return { result: await call(toPlain(withoutNulls(args))), failures: [] };
    },
    cancel: async () => {},
  };
}
