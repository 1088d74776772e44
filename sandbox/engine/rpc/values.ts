import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { struct } from "./protobuf.ts";

/** A value that Kubernetes, Helm or a file could hold: JSON. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };
export type PlainBag = { [key: string]: Plain };

/** A value that the engine encrypts in the state and hides on the screen. */
export class Secret {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value instanceof Secret ? value.value : value;
  }
}

/** A value that is not known before the update runs. Use the one instance, {@link computed}. */
export class Computed {
  readonly kind = "computed";
}
export const computed = new Computed();

/** A file or a text handed over as such, e.g. an entry of a Release's `valueYamlFiles`. */
export class Asset {
  readonly fields: PlainBag;
  constructor(fields: PlainBag) {
    this.fields = fields;
  }
}

/** What the engine sends for a property. */
export type Value = null | boolean | number | string | Value[] | Computed | Secret | Asset | Bag;
export type Bag = { [key: string]: Value };

// Signatures of the wire protocol: sdk/go/common/resource/sig and plugin/rpc.go of github.com/pulumi/pulumi.
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknowns: ReadonlySet<string> = new Set([
  unknownString,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** True for an object of named values, false for arrays, secrets, assets and unknowns. */
export function isBag(value: Value | undefined): value is Bag {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Computed) &&
    !(value instanceof Asset)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a value as it comes out of `Struct.toJavaScript`. */
export function fromWire(wire: unknown): Value {
  if (wire === null || wire === undefined) return null;
  if (typeof wire === "string") return unknowns.has(wire) ? computed : wire;
  if (typeof wire === "number" || typeof wire === "boolean") return wire;
  if (Array.isArray(wire)) return wire.map(fromWire);
  if (!isObject(wire))
    throw new Error(`The engine sent a value of type ${typeof wire}, which no property can have`);
  const signature = wire[signatureKey];
  switch (signature) {
    case undefined:
      return bagFromWire(wire);
    case secretSignature:
      return new Secret(fromWire(wire.value));
    case outputSignature: {
      const inner = "value" in wire ? fromWire(wire.value) : computed;
      return wire.secret === true ? new Secret(inner) : inner;
    }
    case resourceSignature:
      return typeof wire.id === "string" ? fromWire(wire.id) : fromWire(wire.urn);
    case assetSignature: {
      const { [signatureKey]: _, ...fields } = wire;
      return new Asset(toPlain(bagFromWire(fields)));
    }
    case archiveSignature:
      throw new Error("An archive was given where no property takes one");
    default:
      throw new Error(`The engine sent a value with the unknown signature ${String(signature)}`);
  }
}

function bagFromWire(wire: Record<string, unknown>): Bag {
  const bag: Bag = {};
  for (const [key, value] of Object.entries(wire)) bag[key] = fromWire(value);
  return bag;
}

/** Reads the properties of a request; an absent struct is an empty bag. */
export function readStruct(message: Struct | undefined): Bag {
  return message === undefined ? {} : bagFromWire(message.toJavaScript());
}

type Wire = null | boolean | number | string | Wire[] | { [key: string]: Wire };

function toWire(value: Value): Wire {
  if (value instanceof Secret) return { [signatureKey]: secretSignature, value: toWire(value.value) };
  if (value instanceof Computed) return unknownString;
  if (value instanceof Asset) return { [signatureKey]: assetSignature, ...value.fields };
  if (Array.isArray(value)) return value.map(toWire);
  if (isBag(value)) return bagToWire(value);
  return value;
}

function bagToWire(bag: Bag): { [key: string]: Wire } {
  const wire: { [key: string]: Wire } = {};
  for (const [key, value] of Object.entries(bag)) wire[key] = toWire(value);
  return wire;
}

/** Writes properties for a response. */
export function writeStruct(bag: Bag): Struct {
  return struct.Struct.fromJavaScript(bagToWire(bag));
}

/** True when any part is not known yet. */
export function hasComputed(value: Value | undefined): boolean {
  if (value instanceof Computed) return true;
  if (value instanceof Secret) return hasComputed(value.value);
  if (Array.isArray(value)) return value.some(hasComputed);
  return isBag(value) && Object.values(value).some(hasComputed);
}

/** True when any part is secret. */
export function hasSecret(value: Value | undefined): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(hasSecret);
  return isBag(value) && Object.values(value).some(hasSecret);
}

/**
 * The JSON inside: secrets in clear. Fails on an unknown, so callers ask {@link hasComputed} first.
 * Nulls in objects are kept; see {@link withoutNulls}.
 */
export function toPlain(value: Bag): PlainBag;
export function toPlain(value: Value): Plain;
export function toPlain(value: Value): Plain {
  if (value instanceof Secret) return toPlain(value.value);
  if (value instanceof Computed)
    throw new Error("A value that is not known yet was used where a known one is needed");
  if (value instanceof Asset) return value.fields;
  if (Array.isArray(value)) return value.map((item) => toPlain(item));
  if (isBag(value)) {
    const bag: PlainBag = {};
    for (const [key, item] of Object.entries(value)) bag[key] = toPlain(item);
    return bag;
  }
  return value;
}

/** Removes null members of objects, at any depth: to Pulumi an absent and a null property are the same. */
export function withoutNulls(value: Bag): Bag;
export function withoutNulls(value: Value): Value;
export function withoutNulls(value: Value): Value {
  if (value instanceof Secret) return new Secret(withoutNulls(value.value));
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (!isBag(value)) return value;
  const bag: Bag = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== null) bag[key] = withoutNulls(item);
  }
  return bag;
}

/** Unwraps secrets at any depth, keeping unknowns: for comparing. */
export function reveal(value: Bag): Bag;
export function reveal(value: Value): Value;
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map((item) => reveal(item));
  if (!isBag(value)) return value;
  const bag: Bag = {};
  for (const [key, item] of Object.entries(value)) bag[key] = reveal(item);
  return bag;
}

/**
 * Marks as secret in `target` whatever is secret in `model` at the same place.
 * A secret anywhere inside an array makes the whole array of the target secret: elements move.
 */
export function markLike(target: Bag, model: Bag): Bag;
export function markLike(target: Value, model: Value): Value;
export function markLike(target: Value, model: Value): Value {
  if (target instanceof Secret) return target;
  if (model instanceof Secret) return new Secret(target);
  if (Array.isArray(model)) return hasSecret(model) ? new Secret(target) : target;
  if (!isBag(model) || !isBag(target)) return target;
  const bag: Bag = { ...target };
  for (const [key, item] of Object.entries(model)) {
    const existing = bag[key];
    if (existing !== undefined) bag[key] = markLike(existing, item);
  }
  return bag;
}

/** The string at a key, secret or not; undefined when absent, of another type or unknown. */
export function text(bag: Bag, key: string): string | undefined {
  const value = bag[key];
  const inner = value instanceof Secret ? value.value : value;
  return typeof inner === "string" ? inner : undefined;
}

/** The bag at a key, secret or not; empty when absent. */
export function inner(bag: Bag, key: string): Bag {
  const value = bag[key];
  const plain = value instanceof Secret ? value.value : value;
  return isBag(plain) ? plain : {};
}
