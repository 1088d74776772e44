/** Arithmetic on IPv4 ranges: apart from resources, so that a table can test it. */

/** Both ends included, as numbers of 32 bits. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefix: number;
}

/** Undefined where the text is not a CIDR or has bits below its prefix, which Azure refuses. */
export function parseCidr(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const numbers = match.slice(1).map(Number);
  const prefix = numbers[4] ?? 33;
  const octets = numbers.slice(0, 4);
  if (prefix > 32 || octets.some((octet) => octet > 255)) return undefined;
  const from = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const count = 2 ** (32 - prefix);
  return from % count === 0 ? { from, to: from + count - 1, prefix } : undefined;
}

export function overlap(one: Range, other: Range): boolean {
  return one.from <= other.to && other.from <= one.to;
}

export interface SubnetPlan {
  readonly nodes: string;
  readonly endpoints: string;
  readonly database: string;
}

/**
 * Half for the nodes (pods have addresses of an overlay), a quarter for private endpoints, an eighth for the database;
 * the rest stays free. A /24 still gives the database a /27, of which the service asks for a /28.
 */
export function subnetPlan(cidr: string): SubnetPlan {
  const range = rangeOf(cidr);
  const part = (bits: number, index: number) => {
    const prefix = range.prefix + bits;
    return `${dotted(range.from + index * 2 ** (32 - prefix))}/${prefix}`;
  };
  return { nodes: part(1, 0), endpoints: part(2, 2), database: part(3, 6) };
}

/** Tenth address of a range of Services: where AKS puts the cluster's DNS by default, and inside any range it takes. */
export function dnsAddress(serviceCidr: string): string {
  return dotted(rangeOf(serviceCidr).from + 10);
}

function rangeOf(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not a CIDR`);
  return range;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
