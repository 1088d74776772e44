/** What a platform's size means on Google Cloud. */
import type { Lifecycle, Size } from "../platform.ts";

export interface GcpSize {
  readonly database: {
    readonly cpus: number;
    /** MiB: a multiple of 256, 3840 at least, 0.9 to 6.5 GiB a CPU (Cloud SQL, instance settings). */
    readonly memory: number;
  };
  /** GiB. */
  readonly redis: { readonly memory: number };
}

/** One table; in production the database has a standby in another zone beside. Redis always has one (redis.ts). */
export const sizes: Readonly<Record<Size, GcpSize>> = {
  small: { database: { cpus: 1, memory: 3840 }, redis: { memory: 1 } },
  medium: { database: { cpus: 2, memory: 7680 }, redis: { memory: 5 } },
  large: { database: { cpus: 8, memory: 30_720 }, redis: { memory: 16 } },
};

/** A tenant's own instance, with isolation `instance`: small, because it is one application's. */
export const tenantRedisMemory = 1;

export function databaseTier(size: Size): string {
  const { cpus, memory } = sizes[size].database;
  return `db-custom-${cpus}-${memory}`;
}

export function availability(lifecycle: Lifecycle): "REGIONAL" | "ZONAL" {
  return lifecycle === "production" ? "REGIONAL" : "ZONAL";
}
