/** What a month costs by list prices: only by those that a source names. */
import type { CloudRequest } from "../cloud.ts";
import type { MonthlyEstimate } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";
import { sizes } from "./sizes.ts";

/** Hours that the price calculators count for a month. */
const hours = 730;

/**
 * USD an hour. Sources, read 2026-11-21: the cluster's fee, the same in every region, cloud.google.com/kubernetes-engine/pricing;
 * Cloud SQL Enterprise in us-central1, cloud.google.com/sql/pricing as quoted in May 2026 by
 * usage.ai/blogs/gcp/cloud-sql/pricing. A standby doubles the latter. Of other regions none was found.
 */
const prices = {
  cluster: 0.1,
  database: { region: "us-central1", cpu: 0.0413, gibibyte: 0.007 },
} as const;

const priced = "2026-11-21";

type Args = Pick<CloudRequest, "size" | "lifecycle" | "needs"> & { readonly settings: GcpSettings };

export function monthlyEstimate({ size, lifecycle, needs, settings }: Args): MonthlyEstimate {
  const built = {
    cluster: settings.cluster.kind === "new",
    database: needs.database !== undefined && settings.database.kind === "new",
    redis: needs.redis !== undefined && settings.redis.kind === "new",
  };
  const databasePriced = built.database && settings.region === prices.database.region;
  const { cpus, memory } = sizes[size].database;
  const servers = lifecycle === "production" ? 2 : 1;
  const database = servers * (cpus * prices.database.cpu + (memory / 1024) * prices.database.gibibyte);
  const hourly = (built.cluster ? prices.cluster : 0) + (databasePriced ? database : 0);
  return {
    currency: "USD",
    amount: Math.round(hourly * hours),
    priced,
    covers: [
      ...(built.cluster ? ["the cluster's fee"] : []),
      ...(databasePriced ? ["processors and memory of the database"] : []),
    ],
    leavesOut: [
      "what pods request",
      "traffic, the load balancer and the way out",
      ...(built.database && !databasePriced
        ? [`the database, of which no price in ${settings.region} is known`]
        : []),
      ...(built.database ? ["the database's disk and backups"] : []),
      ...(built.redis ? ["Redis"] : []),
      ...(needs.objectStore ? ["buckets"] : []),
      ...(needs.sharedVolume ? ["shared volumes"] : []),
    ],
  };
}
