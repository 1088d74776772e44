/** A tenant's own bucket: closed to the world, its objects' versions and what was deleted kept for a while. */
import { Bucket } from "@pulumi/gcp/storage/bucket.js";
import * as pulumi from "@pulumi/pulumi";
import type { Lifecycle, PlatformFacts, TenantRequest } from "../platform.ts";
import type { GcpFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";
import { deletionPolicy, keeps } from "./scope.ts";
import type { TenantSources } from "./tenantSources.ts";

/** Days that a deleted or overwritten object can be brought back. */
const noncurrentDays: Readonly<Record<Lifecycle, number>> = { production: 90, disposable: 1 };

/** Seconds after which what is deleted for good is gone: a week, the least that there is, or at once. */
const softDelete: Readonly<Record<Lifecycle, number>> = { production: 604_800, disposable: 0 };

/** A tenant that is let go keeps its past until it goes: how long that is kept is the platform's to say. */
type OfPlatform = Pick<PlatformFacts<unknown>, "stack" | "lifecycle">;

export function tenantBucket(
  platform: OfPlatform,
  own: GcpFacts,
  request: TenantRequest,
  { provider, after }: TenantSources,
): Bucket {
  const { slug, lifecycle, parent } = request;
  const production = lifecycle === "production";
  return new Bucket(
    `${slug}-bucket`,
    {
      // The world's names are one list, and whoever comes first may take a freed one.
      name: suffixedName("bucket", [platform.stack, slug], pulumi.output(own.suffix)),
      location: own.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: softDelete[lifecycle] },
      lifecycleRules: [
        {
          action: { type: "Delete" },
          condition: { daysSinceNoncurrentTime: noncurrentDays[platform.lifecycle], withState: "ARCHIVED" },
        },
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      ],
      forceDestroy: !production,
      deletionPolicy: deletionPolicy(lifecycle),
    },
    { parent, provider, dependsOn: after.bucket, ...keeps(lifecycle) },
  );
}
