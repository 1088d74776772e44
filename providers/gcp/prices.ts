/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing.
 */
import { type Line, monthlyEstimate, type Price } from "../estimate.ts";
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";
import { sizes, tenantRedisMemory } from "./sizes.ts";

/** Enterprise edition; Google's own list, in the words of who read it there on that day and published what it said. */
const iowa = {
  region: "us-central1",
  read: "2026-10-01",
  source: "https://cloud.google.com/sql/pricing (Cloud Billing Catalog API)",
} as const;

export const prices: Readonly<Record<string, readonly Price[]>> = {
  cluster: [
    {
      usd: 0.1,
      per: "hour",
      region: undefined,
      read: "2026-11-21",
      source: "https://cloud.google.com/kubernetes-engine/pricing",
    },
  ],
  databaseProcessor: [{ ...iowa, usd: 0.0413, per: "hour" }],
  databaseGibibyte: [{ ...iowa, usd: 0.007, per: "GiB-hour" }],
};

export interface EstimateArgs {
  readonly settings: GcpSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of anything is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  return monthlyEstimate(linesOf(args), args.settings.region, [
    "what pods request of GKE Autopilot, and their volumes",
    "Cloud NAT and load balancer",
    "Cloud Storage, Cloud KMS, Secret Manager, logs and backups",
    "traffic",
  ]);
}

function linesOf({ settings, size, lifecycle, needs }: EstimateArgs): Line[] {
  const { database, redis } = sizes[size];
  const servers = lifecycle === "production" ? 2 : 1;
  const lines: Line[] = [];
  if (settings.cluster.kind === "new") {
    lines.push({ what: "GKE cluster's fee", prices: of("cluster"), count: 1 });
  }
  if (needs.database && settings.database.kind === "new") {
    const gibibytes = database.memory / 1024;
    lines.push(
      {
        what: `Cloud SQL: ${servers} x ${database.cpus} vCPU`,
        prices: of("databaseProcessor"),
        count: servers * database.cpus,
      },
      {
        what: `Cloud SQL: ${servers} x ${gibibytes} GiB of memory`,
        prices: of("databaseGibibyte"),
        count: servers * gibibytes,
      },
      { what: "Cloud SQL: disk and backups", prices: [], count: 1 },
    );
  }
  if (needs.redis && settings.redis.kind === "new") {
    // With a standby in every lifecycle: redis.ts.
    const what =
      settings.redis.isolation === "instance"
        ? `Memorystore: 2 x ${tenantRedisMemory} GiB for each tenant`
        : `Memorystore: 2 x ${redis.memory} GiB`;
    lines.push({ what, prices: [], count: 1 });
  }
  if (needs.sharedVolume) lines.push({ what: "Filestore", prices: [], count: 1 });
  return lines;
}

function of(what: string): readonly Price[] {
  return prices[what] ?? [];
}
