/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing.
 */
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import type { AzureSettings } from "./settings.ts";
import { sizeOf } from "./sizes.ts";

interface Price {
  readonly usd: number;
  readonly per: "hour";
  /** ISO 8601. */
  readonly read: string;
  readonly source: string;
}

export const prices = {
  /** Of one cluster in the tier Standard, the same in all regions; the tier Free costs nothing. */
  cluster: {
    usd: 0.1,
    per: "hour",
    read: "2026-11-21",
    source:
      "https://techmarmot.com/post/6188 (table of tiers), as announced in https://techcommunity.microsoft.com/t5/apps-on-azure-blog/aks-introduces-uptime-sla/ba-p/1350832",
  },
} as const satisfies Record<string, Price>;

/** What price calculators count as a month. */
const hoursAMonth = 730;

export interface EstimateArgs {
  readonly settings: AzureSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of anything is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  const { settings, lifecycle } = args;
  if (settings.cluster.kind === "existing" || lifecycle === "disposable") return undefined;
  const { usd, read } = prices.cluster;
  return {
    currency: "USD",
    amount: Math.round(usd * hoursAMonth * 100) / 100,
    priced: read,
    covers: ["AKS, tier Standard"],
    leavesOut: [
      ...unpriced(args),
      "load balancer, public address, private endpoints and DNS",
      "Key Vault, logs and backups",
      "traffic",
    ],
  };
}

function unpriced({ settings, size, lifecycle, needs }: EstimateArgs): string[] {
  const { nodes, database, redis } = sizeOf(size, lifecycle);
  const lines: string[] = [`nodes: ${nodes.min} to ${nodes.max} x ${nodes.vmSize}, and their disks`];
  if (needs.database && settings.database.kind === "new") {
    const storage = settings.database.storage ?? database.storage;
    lines.push(`Flexible Server: 2 x ${database.sku}, ${storage} GiB each`);
  }
  if (needs.redis && settings.redis.kind === "new") {
    const each = settings.redis.isolation === "instance" ? " for each tenant" : "";
    lines.push(`Azure Managed Redis: ${redis.sku}, twice${each}`);
  }
  if (needs.objectStore) lines.push("Blob Storage");
  if (needs.sharedVolume) lines.push("Azure Files, 100 GiB at least for each volume");
  return lines;
}
