/** Ranges of IPv4 addresses, both ends included. */
export type Range = { readonly from: number; readonly to: number; readonly bits: number };

/** Reads `10.0.0.0/16`; undefined when it is none, or when it is written with bits beyond its mask. */
export function parseCidr(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || bits > 32) return undefined;
  const from = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return from % size === 0 ? { from, to: from + size - 1, bits } : undefined;
}

/** True when every address of `inner` is in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** True when two ranges share an address. */
export function overlaps(left: Range, right: Range): boolean {
  return left.from <= right.to && right.from <= left.to;
}
