/** Rules that several kinds of a network share. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import type { Making, World } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { named } from "../core/references.ts";
import { t } from "./types.ts";

/** A range of addresses. */
export const cidr = { pattern: /^\d+\.\d+\.\d+\.\d+\/\d+$/, says: 'a range such as "10.0.0.0/16"' };
/** The network of something: it stays in it, and holds it. */
export const inVpc = { refers: { to: t.vpc }, replaces: true } as const;
export const ownerId = ({ world }: Making) => world.account;

/** A mistake unless exactly one of the inputs is set. */
export function onlyOne(inputs: PlainBag, keys: readonly string[]): readonly string[] {
  const set = keys.filter((key) => inputs[key] !== undefined);
  return set.length === 1
    ? []
    : [`exactly one of ${keys.join(", ")} must be set, not ${set.length === 0 ? "none" : set.join(" and ")}`];
}

/** The VPC of a subnet that is known. */
export function vpcOf(world: World, subnetId: string): string {
  return textOf(named(world, { to: t.subnet }, subnetId)?.inputs ?? {}, "vpcId");
}
