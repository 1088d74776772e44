/** What a platform's size means on Azure. One table, by size and lifecycle. */
import type { Lifecycle, Size } from "../platform.ts";

export interface AzureSize {
  readonly nodes: { readonly vmSize: string; readonly min: number; readonly max: number };
  readonly database: {
    readonly sku: string;
    readonly tier: "Burstable" | "GeneralPurpose";
    /** GiB. It grows by itself and never shrinks. */
    readonly storage: number;
  };
  readonly redis: { readonly sku: string };
}

/**
 * Production has a node a zone at least, and no burstable database: those have no standby. Caches hold 0.5 to 6 GB; above
 * 25 GB one could not be without clustering, which queues do not bear (Azure Managed Redis, clustering policies).
 */
export const sizes: Readonly<Record<Size, Readonly<Record<Lifecycle, AzureSize>>>> = {
  small: {
    production: {
      nodes: { vmSize: "Standard_D2s_v5", min: 3, max: 6 },
      database: { sku: "Standard_D2ds_v5", tier: "GeneralPurpose", storage: 32 },
      redis: { sku: "Balanced_B1" },
    },
    disposable: {
      nodes: { vmSize: "Standard_D2s_v5", min: 1, max: 3 },
      database: { sku: "Standard_B1ms", tier: "Burstable", storage: 32 },
      redis: { sku: "Balanced_B0" },
    },
  },
  medium: {
    production: {
      nodes: { vmSize: "Standard_D4s_v5", min: 3, max: 12 },
      database: { sku: "Standard_D4ds_v5", tier: "GeneralPurpose", storage: 128 },
      redis: { sku: "Balanced_B3" },
    },
    disposable: {
      nodes: { vmSize: "Standard_D4s_v5", min: 1, max: 6 },
      database: { sku: "Standard_D2ds_v5", tier: "GeneralPurpose", storage: 64 },
      redis: { sku: "Balanced_B1" },
    },
  },
  large: {
    production: {
      nodes: { vmSize: "Standard_D8s_v5", min: 3, max: 30 },
      database: { sku: "Standard_D8ds_v5", tier: "GeneralPurpose", storage: 512 },
      redis: { sku: "Balanced_B5" },
    },
    disposable: {
      nodes: { vmSize: "Standard_D8s_v5", min: 1, max: 12 },
      database: { sku: "Standard_D4ds_v5", tier: "GeneralPurpose", storage: 128 },
      redis: { sku: "Balanced_B3" },
    },
  },
};

export function sizeOf(size: Size, lifecycle: Lifecycle): AzureSize {
  return sizes[size][lifecycle];
}
