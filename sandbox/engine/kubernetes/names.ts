import { createHash, randomBytes } from "node:crypto";
import { type Bag, inner, isBag, text, type Value } from "../rpc/values.ts";

/** Marks an object whose name was made here: a replacement may then get another one. */
export const autonamed = "pulumi.com/autonamed";

/** Eight hexadecimal digits: the same for the same seed, so that preview and update of a plan agree. */
function suffix(seed: Uint8Array): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4);
  return bytes.toString("hex").slice(0, 8);
}

/** `<name>-<8 hex>`, as the real provider names what has no name. */
export function autoName(name: string, seed: Uint8Array): string {
  return `${name.toLowerCase()}-${suffix(seed)}`;
}

/** The id of an object in the state: `namespace/name`, or the name alone without a namespace. */
export function idOf(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

export function parseId(id: string): { namespace: string; name: string } {
  const slash = id.indexOf("/");
  return { namespace: slash < 0 ? "" : id.slice(0, slash), name: id.slice(slash + 1) };
}

export function metadataOf(object: Bag): Bag {
  return inner(object, "metadata");
}

/** An annotation's text; undefined when absent or unknown. */
export function annotation(object: Bag, key: string): string | undefined {
  return text(inner(metadataOf(object), "annotations"), key);
}

function withMetadata(object: Bag, fields: Bag): Bag {
  return { ...object, metadata: { ...metadataOf(object), ...fields } };
}

function hasName(metadata: Value | undefined): boolean {
  if (metadata === undefined || metadata === null) return false;
  // Unknown as a whole: the name may be in it.
  if (!isBag(metadata)) return true;
  return (metadata.name !== undefined && metadata.name !== "") || metadata.generateName !== undefined;
}

/** Gives an object that has no name the one it had, or a new one from the resource's name. */
export function named(object: Bag, olds: Bag, name: string, seed: Uint8Array): Bag {
  if (hasName(object.metadata)) return object;
  const annotations = inner(metadataOf(object), "annotations");
  const old = text(metadataOf(olds), "name");
  const adopted = old !== undefined && annotation(olds, autonamed) === "true";
  return withMetadata(object, {
    annotations: { ...annotations, [autonamed]: "true" },
    name: adopted ? old : autoName(name, seed),
  });
}

/** Sets the namespace where none is given. */
export function inNamespace(object: Bag, namespace: string): Bag {
  const metadata = object.metadata;
  if (metadata !== undefined && metadata !== null && !isBag(metadata)) return object;
  const given = metadataOf(object).namespace;
  return given === undefined || given === "" ? withMetadata(object, { namespace }) : object;
}
