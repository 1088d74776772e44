import { createHash } from "node:crypto";
import type { Bag } from "../../engine/rpc/values.ts";
import type { Kind } from "./kind.ts";

/** Where a provider notes which inputs it made itself, as the real ones do. */
export const defaultsKey = "__defaults";

/** The inputs that a provider made itself. */
export function madeBy(inputs: Bag): readonly string[] {
  const noted = inputs[defaultsKey];
  return Array.isArray(noted) ? noted.filter((key) => typeof key === "string") : [];
}

/** Without the provider's notes. */
export function ownInputs(inputs: Bag): Bag {
  const { [defaultsKey]: _, ...rest } = inputs;
  return rest;
}

/** `vpc-` with seven hexadecimal digits, within a limit: a name that no other resource has. */
export function autoName(name: string, seed: Uint8Array, limit: number, lower: boolean): string {
  const digits = createHash("sha256").update(seed).digest("hex").slice(0, 7);
  const full = `${name.slice(0, limit - 8)}-${digits}`;
  return lower ? full.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-") : full;
}

/** Puts the automatic name: the old one where there was one, so that it never changes. */
export function withName(
  kind: Kind,
  inputs: Bag,
  olds: Bag,
  target: { readonly name: string; readonly randomSeed: Uint8Array },
): Bag {
  const { naming } = kind;
  if (naming?.auto === undefined || inputs[naming.property] !== undefined) return inputs;
  if (inputs[`${naming.property}Prefix`] !== undefined) return inputs;
  const before = madeBy(olds).includes(naming.property) ? olds[naming.property] : undefined;
  const { limit, lower, prefix = "" } = naming.auto;
  const fresh = autoName(`${prefix}${target.name}`, target.randomSeed, limit, lower === true);
  return {
    ...inputs,
    [naming.property]: typeof before === "string" ? before : fresh,
    [defaultsKey]: [naming.property],
  };
}

/** A random-looking text that is always the same for the same parts: hexadecimal. */
export function digest(length: number, ...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, length);
}
