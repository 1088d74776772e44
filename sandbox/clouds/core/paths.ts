import type { Bag, Plain, PlainBag, Value } from "../../engine/rpc/values.ts";
import { isBag, Secret } from "../../engine/rpc/values.ts";

type Place = { readonly path: string; readonly value: Value };

/** Every value at a path such as `a.b[].c`, with the path it has, `a.b[0].c`; absent ones are left out. */
export function valuesAt(bag: Bag, path: string): Place[] {
  let places: Place[] = [{ path: "", value: bag }];
  for (const step of path.split(".")) {
    const key = step.replaceAll("[]", "");
    const lists = (step.length - key.length) / 2;
    places = places.flatMap(({ path: base, value }) => {
      const inner = open(value);
      const next = isBag(inner) ? inner[key] : undefined;
      return next === undefined || next === null
        ? []
        : [{ path: base === "" ? key : `${base}.${key}`, value: next }];
    });
    for (let list = 0; list < lists; list++) {
      places = places.flatMap(({ path: base, value }) => {
        const inner = open(value);
        return Array.isArray(inner) ? inner.map((item, at) => ({ path: `${base}[${at}]`, value: item })) : [];
      });
    }
  }
  return places;
}

function open(value: Value): Value {
  return value instanceof Secret ? value.value : value;
}

/** The texts at a path. */
export function textsAt(bag: PlainBag, path: string): string[] {
  return valuesAt(bag, path).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
}

/** A copy with a value at a path of names (`a.b`, no lists); what lies on the way is made. */
export function withValue(bag: Bag, path: string, value: Value): Bag {
  const [key = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...bag, [key]: value };
  const inner = open(bag[key] ?? {});
  if (Array.isArray(inner)) {
    return {
      ...bag,
      [key]: inner.map((item) => (isBag(item) ? withValue(item, rest.join("."), value) : item)),
    };
  }
  return { ...bag, [key]: withValue(isBag(inner) ? inner : {}, rest.join("."), value) };
}

/** `a.b[0].c` as the rule's path `a.b[].c`. */
export function rulePath(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}

/** The text at a key, or the empty one. */
export function textOf(bag: PlainBag, key: string): string {
  const value = bag[key];
  return typeof value === "string" ? value : "";
}

/** The object at a key, or an empty one. */
export function bagOf(bag: PlainBag, key: string): PlainBag {
  const value: Plain | undefined = bag[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
