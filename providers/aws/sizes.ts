/** What a platform's size means on AWS. */
import type { Lifecycle, Size } from "../platform.ts";

/** Days that logs of the cluster and the network are kept. */
export const logDays: Readonly<Record<Lifecycle, number>> = { production: 90, disposable: 7 };

/** Machines and disks of one size; nodes are made by EKS as pods ask for them. */
export interface AwsSize {
  readonly database: {
    readonly instanceClass: string;
    /** GiB. Below 400, because RDS refuses settings of throughput there and gives them by itself above. */
    readonly storage: number;
  };
  readonly redis: { readonly nodeType: string };
}

/** One table; `lifecycle` doubles what stands in it: a standby in another zone for each server, in production. */
export const sizes: Readonly<Record<Size, AwsSize>> = {
  small: {
    database: { instanceClass: "db.t4g.medium", storage: 20 },
    redis: { nodeType: "cache.t4g.small" },
  },
  medium: {
    database: { instanceClass: "db.m7g.large", storage: 100 },
    redis: { nodeType: "cache.m7g.large" },
  },
  large: {
    database: { instanceClass: "db.m7g.2xlarge", storage: 300 },
    redis: { nodeType: "cache.r7g.xlarge" },
  },
};

/**
 * GiB up to which a database grows by itself. The same for every size: with it above the storage, the provider takes a
 * smaller size's storage for no change, where RDS would refuse to shrink.
 */
export const maxStorage = 1000;
