/** Addresses of a network that is made on Google Cloud, and what is wrong with those that a stack file chooses. */
import { overlap, parseCidr, type Range, within } from "../../providers/cidr.ts";
import type { Problem } from "../problems.ts";

/** In the order in which they are checked; none of them overlap. */
export const defaultRanges = {
  nodes: "10.64.0.0/20",
  services: "10.64.16.0/20",
  googleServices: "10.65.0.0/16",
  pods: "10.68.0.0/14",
} as const;

export type RangeName = keyof typeof defaultRanges;

/** The longest prefix that is enough, and the shortest that Google takes (GKE, IP address ranges; Service Networking). */
const prefixes: Readonly<Record<RangeName, { from: number; to: number; why: string }>> = {
  nodes: { from: 8, to: 24, why: "room for the nodes of a growing cluster" },
  services: { from: 16, to: 22, why: "every Service of every tenant has an address" },
  googleServices: { from: 8, to: 29, why: "Redis takes the first eight" },
  pods: { from: 9, to: 20, why: "each node takes 64 addresses for its pods" },
};

const privateRanges = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

/** The chosen ones, and the usual ones in place of what is not chosen. */
export function rangesOf(
  given: Readonly<Partial<Record<RangeName, string | undefined>>>,
): Record<RangeName, string> {
  return {
    nodes: given.nodes ?? defaultRanges.nodes,
    services: given.services ?? defaultRanges.services,
    googleServices: given.googleServices ?? defaultRanges.googleServices,
    pods: given.pods ?? defaultRanges.pods,
  };
}

/** `keyOf`: what a range is called in the stack file. */
export function checkRanges(
  chosen: Readonly<Record<RangeName, string>>,
  keyOf: (name: RangeName) => string,
): Problem[] {
  const problems: Problem[] = [];
  const good: { readonly key: string; readonly value: string; readonly range: Range }[] = [];
  for (const name of ["nodes", "services", "googleServices", "pods"] as const) {
    const value = chosen[name];
    const key = keyOf(name);
    const range = parseCidr(value);
    const problem = range ? checkRange(name, key, value, range) : notARange(key, value);
    if (problem) problems.push(problem);
    if (!range || problem) continue;
    const other = good.find((one) => overlap(one.range, range));
    if (other) {
      problems.push({
        key,
        value,
        allowed: `a range beside ${other.key}, ${other.value}`,
        remedy: "choose another, e.g. one of the defaults in docs/vocabulary.md",
      });
    }
    good.push({ key, value, range });
  }
  return problems;
}

function checkRange(name: RangeName, key: string, value: string, range: Range): Problem | undefined {
  const { from, to, why } = prefixes[name];
  const isPrivate = privateRanges.map(parseCidr).some((outer) => outer && within(range, outer));
  if (isPrivate && range.prefix >= from && range.prefix <= to) return undefined;
  return {
    key,
    value,
    allowed: `/${from} to /${to} within ${privateRanges.join(", ")}: ${why}`,
    remedy: range.prefix > to ? "choose a larger range" : "choose another range",
  };
}

export function notARange(key: string, value: string): Problem {
  return {
    key,
    value,
    allowed: "an IPv4 range in CIDR notation, without bits below its prefix",
    remedy: "write it like 10.64.0.0/20",
  };
}
