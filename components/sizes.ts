/** What a tenant of each size may use. One table; everything else is arithmetic on it. */
import type { ScaleBinding } from "../apps/app.ts";
import type { Lifecycle, Size } from "../providers/platform.ts";

export type TenantState = "active" | "suspended" | "archived";

interface TenantSize {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
  /** Replicas in production. */
  readonly min: number;
  readonly max: number;
  readonly quota: {
    readonly cpu: string;
    readonly memory: string;
    readonly memoryLimit: string;
    readonly pods: string;
  };
}

export const tenantSizes: Readonly<Record<Size, TenantSize>> = {
  small: {
    requests: { cpu: "50m", memory: "128Mi" },
    limits: { memory: "512Mi" },
    min: 3,
    max: 10,
    quota: { cpu: "4", memory: "8Gi", memoryLimit: "16Gi", pods: "40" },
  },
  medium: {
    requests: { cpu: "250m", memory: "512Mi" },
    limits: { memory: "1Gi" },
    min: 3,
    max: 10,
    quota: { cpu: "12", memory: "24Gi", memoryLimit: "48Gi", pods: "60" },
  },
  large: {
    requests: { cpu: "1", memory: "2Gi" },
    limits: { memory: "4Gi" },
    min: 3,
    max: 10,
    quota: { cpu: "40", memory: "80Gi", memoryLimit: "160Gi", pods: "100" },
  },
};

/** Pods of a tenant: none while suspended, one where nothing is promised, scaled by load in production. */
export function scaleOf(size: Size, lifecycle: Lifecycle, state: TenantState): ScaleBinding {
  const { requests, limits, min, max } = tenantSizes[size];
  if (state !== "active") return { replicas: 0, autoscale: null, requests, limits };
  if (lifecycle === "disposable") return { replicas: 1, autoscale: null, requests, limits };
  return { replicas: min, autoscale: { min, max }, requests, limits };
}
