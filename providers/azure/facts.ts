/** What the tenants of this provider need besides the neutral facts. Strings, and none of them secret. */
import type * as pulumi from "@pulumi/pulumi";
import { readOwn } from "../ownFacts.ts";
import type { PlatformFacts } from "../platform.ts";

export interface AzureFacts<S = pulumi.Input<string>> {
  readonly region: S;
  readonly suffix: S;
  readonly resourceGroup: S;
  readonly clusterName: S;
  readonly clusterResourceGroup: S;
  /** Of tokens of ServiceAccounts. */
  readonly issuer: S;
  readonly vaultUri: S;
  readonly endpointSubnetId: S;
  /** None where no tenant needs them. */
  readonly storageAccount?: S;
  readonly blobEndpoint?: S;
  /** The shared cache; none with a cache a tenant, or with one that the user brought. */
  readonly redisCluster?: S;
  readonly redisHost?: S;
  readonly redisPort?: S;
  readonly redisIsolation?: S;
  /** Where a tenant's own cache gets its name; only with a cache a tenant. */
  readonly redisZoneId?: S;
  /** With External Secrets only: the vault of the user's secrets, and the directory in which identities are. */
  readonly externalVaultId?: S;
  readonly externalVaultUri?: S;
  readonly directory?: S;
  /** PEM bundles; none: the public roots. */
  readonly redisRoots?: S;
  readonly objectStoreRoots?: S;
}

/** Without these there is no cell. */
export const azureRequired = [
  "region",
  "suffix",
  "resourceGroup",
  "clusterName",
  "clusterResourceGroup",
  "issuer",
  "vaultUri",
  "endpointSubnetId",
] as const satisfies (keyof AzureFacts)[];

/** Throws where a base was made by another version of this provider. */
export function azureFacts(facts: PlatformFacts<pulumi.Input<string>>): AzureFacts {
  return readOwn(facts, azureRequired);
}
