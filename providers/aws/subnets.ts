/** Arithmetic on IPv4 ranges: apart from resources, so that a table can test it. */

/** Both ends included, as numbers of 32 bits. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefix: number;
}

/** Undefined where the text is not a CIDR or has bits below its prefix: AWS would silently clear them. */
export function parseCidr(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (prefix > 32 || [a, b, c, d].some((octet) => octet > 255)) return undefined;
  const from = ((a * 256 + b) * 256 + c) * 256 + d;
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

/**
 * Three quarters for the private subnets, where every pod has an address of its own; a sixteenth each for the public
 * ones, where only load balancers and gateways are. Subnets keep their place whatever the number of zones.
 */
export function subnetPlan(cidr: string, zones: number): { private: string[]; public: string[] } {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not a CIDR`);
  const part = (bits: number, index: number) => {
    const prefix = range.prefix + bits;
    return `${dotted(range.from + index * 2 ** (32 - prefix))}/${prefix}`;
  };
  const each = Array.from({ length: zones }, (_, index) => index);
  return {
    private: each.map((index) => part(2, index)),
    public: each.map((index) => part(4, 12 + index)),
  };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
