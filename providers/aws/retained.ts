/** What stays in the account after a destroy, in words: for the receipt of whoever destroyed it. */
import type { CloudRequest } from "../cloud.ts";
import { definitionsLeft } from "../retained.ts";
import type { AwsSettings } from "./settings.ts";
import { logDays } from "./sizes.ts";

type Args = Pick<CloudRequest, "lifecycle" | "needs" | "externalSecrets"> & {
  readonly settings: AwsSettings;
};

const buckets = "each tenant's bucket stays, with what was deleted or written over for 90 days";
const keys = "write-once keys stay in Secrets Manager";

/** One line for each thing that stays, with until when or how it goes. */
export function retainedLines({ lifecycle, needs, externalSecrets, settings }: Args): string[] {
  const production = lifecycle === "production";
  const { network, cluster, database, redis } = settings;
  const newCluster = cluster.kind === "new";
  const newDatabase = needs.database !== undefined && database.kind === "new";
  const newRedis = needs.redis !== undefined && redis.kind === "new";
  const shared = needs.sharedVolume !== undefined;
  const lines: (string | false)[] = [
    (newCluster || newDatabase || newRedis) &&
      "roles that AWS made for its own services (AWSServiceRoleForAmazonEKS and its like) stay in the account; they cost nothing",
    production &&
      "the KMS key stays: what stays of database, cache, buckets and shared volumes is encrypted with it",
    !production && "the KMS key waits seven days for its deletion, and opens nothing meanwhile",
    production &&
      newDatabase &&
      "the database stays, with its backups of 35 days, its log groups /aws/rds/instance/<its name>/*, which never expire, and the network it is in",
    !production &&
      newDatabase &&
      "where the stack was production before: the database's log groups /aws/rds/instance/<its name>/*, which RDS made, until you delete them",
    production && newRedis && "the cache stays, with its snapshots of 35 days",
    production && needs.objectStore !== undefined && buckets,
    production && shared && "the file system of shared volumes stays, with AWS Backup's copies of 35 days",
    !production &&
      shared &&
      "where the stack was production before: copies of the shared volumes in AWS Backup, in the vault aws/efs/automatic-backup-vault, each until it is 35 days old",
    production &&
      network.kind === "new" &&
      `the log of who talked to whom stays, /portolan/<the stack's name>-<six digits>/flow, each line for ${logDays.production} days`,
    production &&
      "disks of pods stay, to be found with `aws ec2 describe-volumes --filters Name=status,Values=available`",
    production && keys,
    !production &&
      newCluster &&
      "the cluster's log group /aws/eks/<its name>/cluster, should a late line of the control plane make it anew, until you delete it",
    definitionsLeft(cluster.kind, externalSecrets),
  ];
  return lines.filter((line) => line !== false);
}

/** What stays of a cell; the rest is its base's. */
export function retainedOfCell({ lifecycle, needs }: Pick<Args, "lifecycle" | "needs">): string[] {
  if (lifecycle !== "production") return [];
  const lines: (string | false)[] = [
    needs.database !== undefined && "each tenant's database stays on its server",
    needs.objectStore !== undefined && buckets,
    "volumes of pods stay, shared ones too",
    keys,
  ];
  return lines.filter((line) => line !== false);
}
