/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing.
 */
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";
import { sizes, tenantRedisMemory } from "./sizes.ts";

interface Price {
  readonly usd: number;
  readonly per: "hour";
  /** The only region it was read for; undefined: the same in all of them. */
  readonly region: string | undefined;
  /** ISO 8601. */
  readonly read: string;
  readonly source: string;
}

const databaseSource = {
  per: "hour",
  region: "us-central1",
  read: "2026-05-31",
  source: "https://www.usage.ai/blogs/gcp/cloud-sql/pricing/ (May 2026, Enterprise edition)",
} as const;

export const prices = {
  cluster: {
    usd: 0.1,
    per: "hour",
    region: undefined,
    read: "2026-11-21",
    source: "https://cloud.google.com/kubernetes-engine/pricing",
  },
  databaseProcessor: { usd: 0.0413, ...databaseSource },
  databaseGibibyte: { usd: 0.007, ...databaseSource },
} as const satisfies Record<string, Price>;

/** What price calculators count as a month. */
const hoursAMonth = 730;

interface Line {
  readonly what: string;
  readonly price: Price | undefined;
  readonly count: number;
}

export interface EstimateArgs {
  readonly settings: GcpSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of anything is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  const lines = linesOf(args);
  const isKnown = ({ price }: Line) =>
    price !== undefined && (price.region === undefined || price.region === args.settings.region);
  const known = lines.filter(isKnown);
  if (known.length === 0) return undefined;
  const amount = known.reduce((sum, { price, count }) => sum + (price?.usd ?? 0) * count * hoursAMonth, 0);
  return {
    currency: "USD",
    amount: Math.round(amount * 100) / 100,
    // The oldest of them: no newer than its oldest part.
    priced: known.map(({ price }) => price?.read ?? "").sort()[0] ?? "",
    covers: known.map(({ what }) => what),
    leavesOut: [
      ...lines.filter((line) => !isKnown(line)).map(({ what }) => what),
      "what pods request of GKE Autopilot, and their volumes",
      "Cloud NAT and load balancer",
      "Cloud Storage, Cloud KMS, Secret Manager, logs and backups",
      "traffic",
    ],
  };
}

function linesOf({ settings, size, lifecycle, needs }: EstimateArgs): Line[] {
  const { database, redis } = sizes[size];
  const servers = lifecycle === "production" ? 2 : 1;
  const lines: Line[] = [];
  if (settings.cluster.kind === "new") {
    lines.push({ what: "GKE cluster's fee", price: prices.cluster, count: 1 });
  }
  if (needs.database && settings.database.kind === "new") {
    const gibibytes = database.memory / 1024;
    lines.push(
      {
        what: `Cloud SQL: ${servers} x ${database.cpus} vCPU`,
        price: prices.databaseProcessor,
        count: servers * database.cpus,
      },
      {
        what: `Cloud SQL: ${servers} x ${gibibytes} GiB of memory`,
        price: prices.databaseGibibyte,
        count: servers * gibibytes,
      },
      { what: "Cloud SQL: disk and backups", price: undefined, count: 1 },
    );
  }
  if (needs.redis && settings.redis.kind === "new") {
    const what =
      settings.redis.isolation === "instance"
        ? `Memorystore: ${servers} x ${tenantRedisMemory} GiB for each tenant`
        : `Memorystore: ${servers} x ${redis.memory} GiB`;
    lines.push({ what, price: undefined, count: 1 });
  }
  if (needs.sharedVolume) lines.push({ what: "Filestore", price: undefined, count: 1 });
  return lines;
}
