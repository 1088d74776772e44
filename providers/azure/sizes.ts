/** What a platform's size means on Azure. One table; `lifecycle` doubles what stands in it: a standby for each server. */
import type { Lifecycle, Size } from "../platform.ts";

export interface AzureSize {
  readonly nodes: { readonly vmSize: string; readonly min: number; readonly max: number };
  readonly database: {
    readonly sku: string;
    readonly tier: "GeneralPurpose";
    /** GiB that a new server begins with. It grows by itself and never shrinks. */
    readonly storage: number;
  };
  readonly redis: { readonly sku: string };
}

/**
 * Of every size: AKS changes no machine of a pool that is there, and takes no other pool beside it but one by one. So a
 * platform grows by the number of its nodes. The largest pod of a tenant asks for a quarter of one.
 */
export const vmSize = "Standard_D4s_v5";

/** Of a pool's nodes, how many more there are while it is upgraded. */
export const surge = 1 / 3;

interface Row extends Omit<AzureSize, "nodes"> {
  readonly nodes: number;
}

/**
 * The same servers in both lifecycles, so that one becomes the other in place: burstable servers have no standby, and
 * one does not come or go together with another machine (terraform-provider-azurerm issue 27612). Caches hold 1 to 6 GB;
 * above 25 GB one could not be without clustering, which queues do not bear (Azure Managed Redis, clustering policies).
 */
const rows: Readonly<Record<Size, Row>> = {
  small: {
    nodes: 6,
    database: { sku: "Standard_D2ds_v5", tier: "GeneralPurpose", storage: 32 },
    redis: { sku: "Balanced_B1" },
  },
  medium: {
    nodes: 12,
    database: { sku: "Standard_D4ds_v5", tier: "GeneralPurpose", storage: 128 },
    redis: { sku: "Balanced_B3" },
  },
  large: {
    nodes: 60,
    database: { sku: "Standard_D8ds_v5", tier: "GeneralPurpose", storage: 512 },
    redis: { sku: "Balanced_B5" },
  },
};

/** Production has a node a zone at least. */
const fewestNodes: Readonly<Record<Lifecycle, number>> = { production: 3, disposable: 1 };

export function sizeOf(size: Size, lifecycle: Lifecycle): AzureSize {
  const { nodes, ...servers } = rows[size];
  return { ...servers, nodes: { vmSize, min: fewestNodes[lifecycle], max: nodes } };
}
