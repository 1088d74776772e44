/** What stays in the project after a destroy, in words: for the receipt of whoever destroyed it. */
import type { CloudRequest } from "../cloud.ts";
import { definitionsLeft } from "../retained.ts";
import { apisFor } from "./apis.ts";
import type { GcpSettings } from "./settings.ts";

type Args = Pick<CloudRequest, "lifecycle" | "needs" | "externalSecrets"> & {
  readonly settings: GcpSettings;
};

const buckets = "each tenant's bucket stays, with all versions of its objects";
const forGood =
  "stay for good, because Cloud KMS deletes neither; they cost nothing once the key's versions are destroyed";
const instances =
  "each tenant's Filestore instance stays, to be found with `gcloud filestore instances list`";
const keys = "write-once keys stay in Secret Manager";

/** One line for each thing that stays, with until when or how it goes. */
export function retainedLines({ lifecycle, needs, externalSecrets, settings }: Args): string[] {
  const production = lifecycle === "production";
  const { cluster, database, network, redis } = settings;
  const newDatabase = needs.database !== undefined && database.kind === "new";
  const newRedis = needs.redis !== undefined && redis.kind === "new";
  const ownKey = cluster.kind === "new" && (cluster.ownKey ?? production);
  const hadKey = cluster.kind === "new" && cluster.ownKey === undefined && !production;
  const lines: (string | false)[] = [
    `the project's APIs stay switched on: ${apisFor(settings, needs, production).join(", ")}`,
    ownKey && `the key ring and its key ${forGood}`,
    hadKey && `where the stack was production before: its key ring and key ${forGood}`,
    production &&
      newDatabase &&
      "the database stays, with its backups; deleted by hand it leaves a last backup for 30 days",
    production && newRedis && "Redis stays, and with it its password",
    production && "the edge's address stays, so that the DNS stays right",
    production && needs.objectStore !== undefined && buckets,
    production && needs.sharedVolume !== undefined && instances,
    production && "disks of pods stay, to be found with `gcloud compute disks list`",
    production && keys,
    "logs stay in Cloud Logging for as long as the project's log bucket says: 30 days, where nobody changed it",
    !production &&
      newDatabase &&
      "the deleted database's name stays taken for a week; the next database has another",
    !production &&
      newRedis &&
      "Memorystore's own peering goes with its last instance: should the network refuse to be deleted, run the destroy again some minutes later",
    !production &&
      needs.sharedVolume !== undefined &&
      "Filestore's instance is the driver's to remove: look with `gcloud filestore instances list`",
    !production &&
      network.kind === "new" &&
      "firewall rules k8s-* and gke-* are GKE's to remove: should the network refuse to be deleted, delete them and run the destroy again",
    definitionsLeft(cluster.kind, externalSecrets),
  ];
  return lines.filter((line) => line !== false);
}

/** What stays of a cell; the rest is its base's. `ownRedis`: whether each tenant has an instance. */
export function retainedOfCell({
  lifecycle,
  needs,
  ownRedis,
}: Pick<Args, "lifecycle" | "needs"> & { readonly ownRedis: boolean }): string[] {
  if (lifecycle !== "production") return [];
  const lines: (string | false)[] = [
    needs.database !== undefined && "each tenant's database stays on its server",
    ownRedis && "each tenant's Redis stays, and with it its password",
    needs.objectStore !== undefined && buckets,
    needs.sharedVolume !== undefined && instances,
    "disks of pods stay",
    keys,
  ];
  return lines.filter((line) => line !== false);
}
