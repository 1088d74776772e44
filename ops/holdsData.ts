import type { CloudContents } from "../sandbox/clouds/core/contents.ts";

/**
 * Types of a cloud's or a cluster's things that hold what nobody can make again, keys included. Not Google's Cloud KMS: its
 * key encrypts the cluster's Secrets alone, which the cluster writes anew before it does without.
 */
const types = [
  ...["aws:rds/instance:", "aws:s3/bucket:", "aws:secretsmanager", "aws:elasticache/replicationGroup"],
  ...["aws:kms/key:", "aws:efs/fileSystem:"],
  ...["gcp:sql/databaseInstance", "gcp:storage/bucket:", "gcp:secretmanager", "gcp:redis/instance"],
  ...["azure-native:dbforpostgresql:Server", "azure-native:storage:StorageAccount"],
  ...["azure-native:storage:BlobContainer", "azure-native:keyvault:Vault"],
  "azure-native:redisenterprise:RedisEnterprise",
  ...["kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:apps/v1:StatefulSet"],
];

/** What holds data in a simulated cloud, by type and id. */
export function storedIn({ living }: Pick<CloudContents, "living">): string[] {
  return living.flatMap(({ type, id }) => (holdsData(type) ? [`${type} ${id}`] : []));
}

/** Whether a type, or a URN with one, is of those that hold data. */
export function holdsData(text: string): boolean {
  return types.some((type) => text.includes(type));
}
