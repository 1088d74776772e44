import {
  type Bag,
  isBag,
  markLike,
  type Plain,
  type PlainBag,
  reveal,
  Secret,
  type Value,
} from "../rpc/values.ts";

/** Keys of an object's outputs that are the provider's own. */
export const initialApiVersionKey = "__initialApiVersion";
export const fieldManagerKey = "__fieldManager";

export function isPlainBag(value: Plain | undefined): value is PlainBag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The bag at a key of a live object; empty when absent. */
export function plainInner(object: PlainBag, key: string): PlainBag {
  const value = object[key];
  return isPlainBag(value) ? value : {};
}

export function plainText(object: PlainBag, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** A live object without the bookkeeping that would only make the state larger. */
function trimmed(live: PlainBag): PlainBag {
  const { managedFields: _, ...metadata } = plainInner(live, "metadata");
  return { ...live, metadata };
}

/**
 * What goes into the state for a live object: the object, secret wherever its inputs are, a Secret's values always.
 * The server turns stringData into data, so data is as secret as either was.
 */
export function checkpoint(live: PlainBag, inputs: Bag, fieldManager: string): Bag {
  const object: Bag = markLike(trimmed(live), inputs);
  if (live.kind === "Secret" && live.apiVersion === "v1") {
    for (const key of ["data", "stringData"]) {
      const value = object[key];
      if (value !== undefined) object[key] = new Secret(value);
    }
  }
  return {
    ...object,
    [initialApiVersionKey]: String(inputs.apiVersion ?? live.apiVersion),
    [fieldManagerKey]: fieldManager,
  };
}

/** Inputs of a Secret always carry their values as secrets, also when the program or an import gave them in clear. */
export function sealInputs(inputs: Bag): Bag {
  if (inputs.kind !== "Secret" || inputs.apiVersion !== "v1") return inputs;
  const sealed: Bag = { ...inputs };
  for (const key of ["data", "stringData"]) {
    const value = sealed[key];
    if (value !== undefined && value !== null) sealed[key] = new Secret(value);
  }
  return sealed;
}

const serverOwned = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];
const serverAnnotations = [
  "deployment.kubernetes.io/revision",
  "kubectl.kubernetes.io/last-applied-configuration",
];

/** Inputs for an object that is taken over as it is: its fields without what only the server writes. */
export function importedInputs(live: PlainBag, known: readonly string[] | undefined): Bag {
  const metadata: PlainBag = { ...plainInner(live, "metadata") };
  for (const key of serverOwned) delete metadata[key];
  const annotations: PlainBag = { ...plainInner(metadata, "annotations") };
  for (const key of serverAnnotations) delete annotations[key];
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  const inputs: Bag = {};
  for (const [key, value] of Object.entries(live)) {
    if (key !== "status" && (known === undefined || known.includes(key))) inputs[key] = value;
  }
  return sealInputs({ ...inputs, metadata });
}

const units: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number of a Kubernetes quantity (`500m`, `1Gi`); undefined for any other text. */
function quantity(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const [, digits, unit = ""] = /^([+-]?\d+(?:\.\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(value) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

function isEmpty(value: Value): boolean {
  if (Array.isArray(value)) return value.every(isEmpty);
  if (isBag(value)) return Object.values(value).every(isEmpty);
  return value === null || value === "" || value === 0 || value === false;
}

function mergeKey(items: Value[]): string | undefined {
  return ["name", "key", "ip", "topologyKey"].find((key) => {
    const values = items.map((item) => (isBag(item) ? item[key] : undefined));
    return values.every((value) => typeof value === "string") && new Set(values).size === values.length;
  });
}

/**
 * The inputs as the live object has them: each input stays where the object still says the same (a quantity in
 * another spelling, an empty value left out by the server), and takes the live value where it drifted.
 * Fields and named list items that others added are not looked at: server-side apply leaves them alone too.
 */
export function driftedInputs(input: Bag, live: PlainBag): Bag {
  const plain = reveal(input);
  const drifted: Bag = {};
  for (const [key, value] of Object.entries(plain)) {
    const now = key === "stringData" ? decoded(value, plainInner(live, "data")) : (live[key] ?? null);
    const kept = drift(value, now);
    if (kept !== null) drifted[key] = kept;
  }
  return sealInputs(markLike(drifted, input));
}

function decoded(wanted: Value, data: PlainBag): Value {
  const now: Bag = {};
  for (const key of Object.keys(isBag(wanted) ? wanted : {})) {
    const value = data[key];
    if (typeof value === "string") now[key] = Buffer.from(value, "base64").toString();
  }
  return now;
}

function drift(wanted: Value, now: Value): Value {
  if (now === null) return isEmpty(wanted) ? wanted : null;
  if (isBag(wanted) && isBag(now)) {
    const bag: Bag = {};
    for (const [key, value] of Object.entries(wanted)) {
      const kept = drift(value, now[key] ?? null);
      if (kept !== null) bag[key] = kept;
    }
    return bag;
  }
  if (Array.isArray(wanted) && Array.isArray(now)) return driftedList(wanted, now);
  if (wanted === now) return wanted;
  const before = quantity(wanted);
  return before !== undefined && before === quantity(now) ? wanted : now;
}

function driftedList(wanted: Value[], now: Value[]): Value {
  const key = mergeKey(wanted);
  if (key !== undefined && wanted.length > 0) {
    return wanted.flatMap((item) => {
      const match = now.find((other) => isBag(other) && isBag(item) && other[key] === item[key]);
      return match === undefined ? [] : [drift(item, match)];
    });
  }
  if (wanted.length !== now.length) return now;
  return wanted.map((item, at) => drift(item, now[at] ?? null));
}

/** The manager under which an object's fields are applied: the one in its state, or a new one of its own. */
export function fieldManagerOf(outputs: Bag, annotated: string | undefined, fresh: () => string): string {
  if (annotated !== undefined) return annotated;
  const known = outputs[fieldManagerKey];
  return typeof known === "string" ? known : fresh();
}
