/**
 * List prices, each with where it was read and when. A price that could not be read anywhere is not here: the estimate
 * names what it leaves out instead of guessing.
 */
import { type Line, monthlyEstimate, type Price } from "../estimate.ts";
import type { Lifecycle, MonthlyEstimate, Needs, Size } from "../platform.ts";
import type { AzureSettings } from "./settings.ts";
import { sizeOf } from "./sizes.ts";

/** Azure's own list, in the words of who read it there on that day and published what it said. */
const westEurope = (read: string) =>
  ({
    region: "westeurope",
    read,
    source: "https://prices.azure.com/api/retail/prices (Retail Prices API)",
  }) as const;

export const prices: Readonly<Record<string, readonly Price[]>> = {
  /** Of one cluster in the tier Standard, the same in all regions; the tier Free costs nothing. */
  cluster: [
    {
      usd: 0.1,
      per: "hour",
      region: undefined,
      read: "2026-11-21",
      source:
        "https://techmarmot.com/post/6188 (table of tiers), as announced in https://techcommunity.microsoft.com/t5/apps-on-azure-blog/aks-introduces-uptime-sla/ba-p/1350832",
    },
  ],
  Standard_D4s_v5: [{ ...westEurope("2026-09-01"), usd: 0.23, per: "hour" }],
  databaseStorage: [{ ...westEurope("2026-10-02"), usd: 0.1369, per: "GiB-month" }],
};

export interface EstimateArgs {
  readonly settings: AzureSettings;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
}

/** Undefined where no price of anything is known. */
export function estimate(args: EstimateArgs): MonthlyEstimate | undefined {
  return monthlyEstimate(linesOf(args), args.settings.region, [
    ...(args.needs.objectStore ? ["Blob Storage"] : []),
    ...(args.needs.sharedVolume ? ["Azure Files, 100 GiB at least for each volume"] : []),
    "disks of nodes",
    "load balancer, public address, private endpoints and DNS",
    "Key Vault, logs and backups",
    "traffic",
  ]);
}

/** Nodes at the fewest there are; a server in production twice, its standby costing as much. */
function linesOf({ settings, size, lifecycle, needs }: EstimateArgs): Line[] {
  const { nodes, database, redis } = sizeOf(size, lifecycle);
  const copies = lifecycle === "production" ? 2 : 1;
  const times = (count: number, what: string) => (count > 1 ? `${count} x ${what}` : what);
  const lines: Line[] = [];
  if (settings.cluster.kind === "new") {
    if (lifecycle === "production")
      lines.push({ what: "AKS, tier Standard", prices: of("cluster"), count: 1 });
    const what = `nodes: ${nodes.min} of at most ${nodes.max} x ${nodes.vmSize}`;
    lines.push({ what, prices: of(nodes.vmSize), count: nodes.min });
  }
  if (needs.database && settings.database.kind === "new") {
    const storage = settings.database.storage ?? database.storage;
    lines.push(
      {
        what: `Flexible Server: ${times(copies, database.sku)}`,
        prices: of(database.sku, "database"),
        count: copies,
      },
      {
        what: `Flexible Server: ${times(copies, `${storage} GiB`)}`,
        prices: of("databaseStorage"),
        count: copies * storage,
      },
    );
  }
  if (needs.redis && settings.redis.kind === "new") {
    const own = settings.redis.isolation === "instance";
    lines.push({
      what: `Azure Managed Redis: ${times(copies, redis.sku)}${own ? " for each tenant" : ""}`,
      // How many tenants there are is not known here.
      prices: own ? [] : of(redis.sku),
      count: copies,
    });
  }
  return lines;
}

/** Machines of nodes and of databases have one name and two prices. */
function of(what: string, as?: "database"): readonly Price[] {
  return prices[as ? `${what} (${as})` : what] ?? [];
}
