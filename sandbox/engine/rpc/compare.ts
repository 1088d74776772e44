import type { DiffKind } from "./provider.ts";
import { type Bag, Computed, isBag, reveal, type Value } from "./values.ts";

/** True when two values are the same, secret or not. An unknown equals nothing. */
export function same(left: Value | undefined, right: Value | undefined): boolean {
  if (left instanceof Computed || right instanceof Computed) return false;
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, at) => same(item, right[at]))
    );
  }
  if (isBag(left) && isBag(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => same(left[key] ?? null, right[key] ?? null));
  }
  return JSON.stringify(left) === JSON.stringify(right);
}

/** The top-level properties that differ. Null and absent are the same. */
export function changedKeys(olds: Bag, news: Bag): { key: string; kind: DiffKind }[] {
  const before = reveal(olds);
  const after = reveal(news);
  const changes: { key: string; kind: DiffKind }[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const left = before[key] ?? null;
    const right = after[key] ?? null;
    if (same(left, right)) continue;
    changes.push({ key, kind: left === null ? "add" : right === null ? "delete" : "update" });
  }
  return changes;
}

const simpleName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A property path as the engine writes it: `spec.ports[0].name`, `data["a.b"]`. */
export function joinPath(base: string, key: string | number): string {
  if (typeof key === "number") return `${base}[${key}]`;
  if (!simpleName.test(key)) return `${base}[${JSON.stringify(key)}]`;
  return base === "" ? key : `${base}.${key}`;
}

export type LeafChange = { path: string; kind: DiffKind; steps: (string | number)[] };

/** Every place where two values differ, as deep as both have the same shape. */
export function leafChanges(olds: Value, news: Value, base: (string | number)[] = []): LeafChange[] {
  const path = base.reduce<string>((text, step) => joinPath(text, step), "");
  const left = olds ?? null;
  const right = news ?? null;
  if (same(left, right)) return [];
  if (left === null) return [{ path, kind: "add", steps: base }];
  if (right === null) return [{ path, kind: "delete", steps: base }];
  if (isBag(left) && isBag(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].flatMap((key) => leafChanges(left[key] ?? null, right[key] ?? null, [...base, key]));
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    const length = Math.max(left.length, right.length);
    return Array.from({ length }, (_, at) => at).flatMap((at) =>
      leafChanges(left[at] ?? null, right[at] ?? null, [...base, at]),
    );
  }
  return [{ path, kind: "update", steps: base }];
}
