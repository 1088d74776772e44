/** What the tenants of a platform, or of a cell on it, are made with. */
import type * as pulumi from "@pulumi/pulumi";

/** What making services takes beside the facts, which hold nothing secret. */
export interface TenantSources {
  readonly provider: pulumi.ProviderResource;
  /** What must stand first; nothing in a cell, whose base is up. */
  readonly after: {
    readonly bucket: pulumi.Resource[];
    readonly identity: pulumi.Resource[];
    readonly redis: pulumi.Resource[];
  };
  /** Password of the shared Redis, asked only where one is. */
  readonly redisPassword: () => pulumi.Output<string>;
}
