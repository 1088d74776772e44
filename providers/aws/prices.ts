/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing.
 */
import { type Line, monthlyEstimate, type Price } from "../estimate.ts";
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import { zoneCount } from "./regions.ts";
import type { AwsSettings } from "./settings.ts";
import { sizes } from "./sizes.ts";

const virginia = { region: "us-east-1" } as const;

/** AWS's own list, in the words of who read it there on that day and published what it said. */
const priceList = (service: string, read: string) =>
  ({ ...virginia, read, source: `https://aws.amazon.com/${service}/pricing/ (AWS Price List API)` }) as const;

const valkey = { ...priceList("elasticache", "2026-10-02"), per: "hour" } as const;

export const prices: Readonly<Record<string, readonly Price[]>> = {
  cluster: [
    {
      ...virginia,
      usd: 0.1,
      per: "hour",
      read: "2026-04-30",
      source: "https://computingforgeeks.com/aws-costs-explained (April 2026)",
    },
  ],
  natGateway: [
    {
      ...virginia,
      usd: 0.045,
      per: "hour",
      read: "2026-02-24",
      source: "https://cloudburn.io/blog/aws-nat-gateway-pricing",
    },
  ],
  publicAddress: [{ ...priceList("vpc", "2026-09-26"), usd: 0.005, per: "hour" }],
  "db.t4g.medium": [
    {
      ...virginia,
      usd: 0.065,
      per: "hour",
      read: "2026-01-01",
      source: "https://infratally.com/articles/aws-rds-pricing-explained-2026.html (2026)",
    },
  ],
  databaseStorage: [{ ...priceList("rds", "2026-09-26"), usd: 0.115, per: "GiB-month" }],
  // Valkey's, a fifth below those of Redis on the same machines.
  "cache.t4g.small": [{ ...valkey, usd: 0.0256 }],
  "cache.m7g.large": [{ ...valkey, usd: 0.1264 }],
  "cache.r7g.xlarge": [{ ...valkey, usd: 0.3496 }],
};

export interface EstimateArgs {
  readonly settings: AwsSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of the region is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  return monthlyEstimate(linesOf(args), args.settings.region, [
    "nodes of EKS Auto Mode and their volumes",
    "load balancer",
    "S3, KMS, Secrets Manager, logs and backups",
    "traffic",
  ]);
}

function linesOf({ settings, size, lifecycle, needs }: EstimateArgs): Line[] {
  const { database, redis } = sizes[size];
  const copies = lifecycle === "production" ? 2 : 1;
  const ways = lifecycle === "production" ? zoneCount(settings.region) : 1;
  const times = (count: number, what: string) => (count > 1 ? `${count} x ${what}` : what);
  const lines: Line[] = [];
  if (settings.cluster.kind === "new") lines.push({ what: "EKS cluster", prices: of("cluster"), count: 1 });
  if (settings.network.kind === "new") {
    lines.push(
      { what: times(ways, "NAT gateway"), prices: of("natGateway"), count: ways },
      { what: times(ways, "public IPv4 address"), prices: of("publicAddress"), count: ways },
    );
  }
  if (needs.database && settings.database.kind === "new") {
    lines.push(
      {
        what: times(copies, `RDS ${database.instanceClass}`),
        prices: of(database.instanceClass),
        count: copies,
      },
      {
        what: times(copies, `${database.storage} GiB of gp3 of RDS`),
        prices: of("databaseStorage"),
        count: copies * database.storage,
      },
    );
  }
  if (needs.redis && settings.redis.kind === "new") {
    lines.push({
      what: times(copies, `ElastiCache ${redis.nodeType}`),
      prices: of(redis.nodeType),
      count: copies,
    });
  }
  if (needs.sharedVolume) lines.push({ what: "EFS", prices: [], count: 1 });
  return lines;
}

function of(what: string): readonly Price[] {
  return prices[what] ?? [];
}
