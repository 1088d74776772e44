/** Arithmetic on IPv4 ranges: apart from resources, so that a table can test it. */
import { isIPv4 } from "node:net";

/** Both ends included, as numbers of 32 bits. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefix: number;
}

/** Undefined where the text is no CIDR or has bits below its prefix, which clouds would refuse or silently clear. */
export function parseCidr(text: string): Range | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > 32) return undefined;
  const from = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - prefix);
  return from % size === 0 ? { from, to: from + size - 1, prefix } : undefined;
}

/** Whether two ranges share an address. */
export function overlap(one: Range, other: Range): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/** Whether `inner` is in `outer` with all of its addresses. */
export function within(inner: Range, outer: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** The part of `range` that has `bits` more in its prefix, by its place from the first one on. */
export function partOf(range: Range, bits: number, place: number): string {
  const prefix = range.prefix + bits;
  return `${dotted(range.from + place * 2 ** (32 - prefix))}/${prefix}`;
}

/** As `parseCidr`, of what was checked before. @throws where it is none */
export function rangeOf(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not a CIDR`);
  return range;
}

export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
