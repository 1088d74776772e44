/** What a month costs by list prices: what every cloud's table of prices shares. */
import type { Lifecycle, MonthlyEstimate, Size } from "./platform.ts";

/** A list price, with where it was read and when. One that could not be read anywhere is in no table. */
export interface Price {
  readonly usd: number;
  /** Of an hour, of a month, or of a gibibyte for either. */
  readonly per: "hour" | "month" | "GiB-hour" | "GiB-month";
  /** The only region it holds for; undefined: all of them. */
  readonly region: string | undefined;
  /** ISO 8601. */
  readonly read: string;
  readonly source: string;
}

/** Something that is paid for; `prices`: what is known of it, in whichever regions. */
export interface Line {
  readonly what: string;
  readonly prices: readonly Price[];
  /** Of hours: how many at a time. Of gibibytes: how many. */
  readonly count: number;
}

/** What price calculators count as a month. */
const hoursAMonth = 730;

/**
 * The sum of the lines whose price is known in `region`; the others are named with what is never counted. Undefined where
 * nothing is known.
 */
export function monthlyEstimate(
  lines: readonly Line[],
  region: string,
  never: readonly string[],
): MonthlyEstimate | undefined {
  const priced = lines.map((line) => ({ ...line, price: priceIn(line.prices, region) }));
  const known = priced.flatMap(({ what, count, price }) => (price ? [{ what, count, price }] : []));
  if (known.length === 0) return undefined;
  const amount = known.reduce((sum, { price, count }) => sum + price.usd * count * timesAMonth(price), 0);
  return {
    currency: "USD",
    amount: Math.round(amount * 100) / 100,
    // The oldest of them: no newer than its oldest part.
    priced: known.map(({ price }) => price.read).sort()[0] ?? "",
    covers: known.map(({ what }) => what),
    leavesOut: [...priced.filter(({ price }) => !price).map(({ what }) => what), ...never],
  };
}

function priceIn(prices: readonly Price[], region: string): Price | undefined {
  return prices.find((one) => one.region === region) ?? prices.find((one) => one.region === undefined);
}

function timesAMonth({ per }: Price): number {
  return per === "hour" || per === "GiB-hour" ? hoursAMonth : 1;
}

/**
 * How many tenants of an application like Orthanc or the probe a platform of each size is meant for. A rule of thumb, not
 * a limit: what is refused is what a service cannot do.
 */
export const tenantsMeant: Readonly<Record<Size, number>> = { small: 5, medium: 20, large: 40 };

/** What docs/sizes.md shows of a cloud. */
export interface SizeTable {
  /** The cloud as people call it. */
  readonly cloud: string;
  /** For which estimates are shown. */
  readonly regions: readonly string[];
  readonly rows: readonly SizeRow[];
  /** What is refused because a service cannot do it, and what holds for every size. */
  readonly limits: readonly string[];
}

export interface SizeRow {
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly nodes: string;
  readonly database: string;
  readonly redis: string;
  /** One for each of the regions. */
  readonly estimates: readonly (MonthlyEstimate | undefined)[];
}
