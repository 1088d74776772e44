/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing. Only us-east-1 is known; elsewhere there is no estimate.
 */
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import { zoneCount } from "./regions.ts";
import type { AwsSettings } from "./settings.ts";
import { sizes } from "./sizes.ts";

interface Price {
  readonly usd: number;
  /** Of an hour, or of a gibibyte for a month. */
  readonly per: "hour" | "GiB-month";
  /** ISO 8601. */
  readonly read: string;
  readonly source: string;
}

const pricedRegion = "us-east-1";

export const prices = {
  cluster: {
    usd: 0.1,
    per: "hour",
    read: "2026-04-30",
    source: "https://computingforgeeks.com/aws-costs-explained (April 2026)",
  },
  natGateway: {
    usd: 0.045,
    per: "hour",
    read: "2026-02-24",
    source: "https://cloudburn.io/blog/aws-nat-gateway-pricing",
  },
  publicAddress: {
    usd: 0.005,
    per: "hour",
    read: "2026-02-24",
    source: "https://cloudburn.io/blog/aws-nat-gateway-pricing",
  },
  "db.t4g.medium": {
    usd: 0.065,
    per: "hour",
    read: "2026-01-01",
    source: "https://infratally.com/articles/aws-rds-pricing-explained-2026.html (2026)",
  },
  databaseStorage: {
    usd: 0.115,
    per: "GiB-month",
    read: "2026-06-30",
    source: "https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/ (June 2026)",
  },
} as const satisfies Record<string, Price>;

/** What AWS itself counts as a month. */
const hoursAMonth = 730;

interface Line {
  readonly what: string;
  readonly price: Price | undefined;
  readonly count: number;
}

export interface EstimateArgs {
  readonly settings: AwsSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of the region is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  if (args.settings.region !== pricedRegion) return undefined;
  const lines = linesOf(args);
  const known = lines.flatMap(({ what, price, count }) => (price ? [{ what, price, count }] : []));
  const amount = known.reduce(
    (sum, { price, count }) => sum + price.usd * count * (price.per === "hour" ? hoursAMonth : 1),
    0,
  );
  return {
    currency: "USD",
    amount: Math.round(amount * 100) / 100,
    // The oldest of them: no newer than its oldest part.
    priced: known.map(({ price }) => price.read).sort()[0] ?? "",
    covers: known.map(({ what }) => what),
    leavesOut: [
      ...lines.filter(({ price }) => !price).map(({ what }) => what),
      "nodes of EKS Auto Mode and their volumes",
      "load balancer",
      "S3, KMS, Secrets Manager, logs and backups",
      "traffic",
    ],
  };
}

function linesOf({ settings, size, lifecycle, needs }: EstimateArgs): Line[] {
  const { database, redis } = sizes[size];
  const copies = lifecycle === "production" ? 2 : 1;
  const gateways = lifecycle === "production" ? zoneCount(settings.region) : 1;
  const times = (count: number, what: string) => (count > 1 ? `${count} x ${what}` : what);
  const lines: Line[] = [];
  if (settings.cluster.kind === "new") lines.push({ what: "EKS cluster", price: prices.cluster, count: 1 });
  if (settings.network.kind === "new") {
    lines.push(
      { what: times(gateways, "NAT gateway"), price: prices.natGateway, count: gateways },
      { what: times(gateways, "public IPv4 address"), price: prices.publicAddress, count: gateways },
    );
  }
  if (needs.database && settings.database.kind === "new") {
    lines.push(
      {
        what: times(copies, `RDS ${database.instanceClass}`),
        price: priceOf(database.instanceClass),
        count: copies,
      },
      {
        what: times(copies, `${database.storage} GiB of gp3 of RDS`),
        price: prices.databaseStorage,
        count: copies * database.storage,
      },
    );
  }
  if (needs.redis && settings.redis.kind === "new") {
    lines.push({
      what: times(copies, `ElastiCache ${redis.nodeType}`),
      price: priceOf(redis.nodeType),
      count: copies,
    });
  }
  if (needs.sharedVolume) lines.push({ what: "EFS", price: undefined, count: 1 });
  return lines;
}

function priceOf(machine: string): Price | undefined {
  const known: Readonly<Record<string, Price>> = prices;
  return known[machine];
}
