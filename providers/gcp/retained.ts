/** What stays in the project after a destroy, in words: for the receipt of whoever destroyed it. */
import type { CloudRequest } from "../cloud.ts";
import { apisFor } from "./apis.ts";
import type { GcpSettings } from "./settings.ts";

type Args = Pick<CloudRequest, "lifecycle" | "needs"> & { readonly settings: GcpSettings };

/** One line for each thing that stays, with until when or how it goes. */
export function retainedLines({ lifecycle, needs, settings }: Args): string[] {
  const production = lifecycle === "production";
  const { cluster, database, redis } = settings;
  const newRedis = needs.redis !== undefined && redis.kind === "new";
  const ownKey = cluster.kind === "new" && (cluster.ownKey ?? production);
  const lines: (string | false)[] = [
    `the project's APIs stay switched on: ${apisFor(settings, needs, production).join(", ")}`,
    ownKey &&
      "the key ring and its key stay for good, because Cloud KMS deletes neither; they cost nothing once the key's versions are destroyed",
    production &&
      needs.database !== undefined &&
      database.kind === "new" &&
      "the database stays, with its backups; deleted by hand it leaves a last backup for 30 days",
    production && newRedis && "Redis stays, and with it its password",
    production && "the edge's address stays, so that the DNS stays right",
    production &&
      needs.objectStore !== undefined &&
      "each tenant's bucket stays, with all versions of its objects",
    production && "disks of pods stay, to be found with `gcloud compute disks list`",
    production && "write-once keys stay in Secret Manager",
    !production &&
      newRedis &&
      "Memorystore's own peering goes with its last instance: should the network refuse to be deleted, run the destroy again some minutes later",
    !production &&
      needs.sharedVolume !== undefined &&
      "Filestore's instance is the driver's to remove: look with `gcloud filestore instances list`",
  ];
  return lines.filter((line) => line !== false);
}
