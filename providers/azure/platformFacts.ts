/** A platform's facts: what its tenants, and cells on it, are made from. */
import type * as pulumi from "@pulumi/pulumi";
import { factsVersion, type PlatformFacts } from "../platform.ts";
import type { AksCluster } from "./cluster.ts";
import type { ExternalVault } from "./externalSecrets.ts";
import type { AzureFacts } from "./facts.ts";
import type { KeyVault } from "./keys.ts";
import type { Network } from "./network.ts";
import type { ObjectStore } from "./objectStore.ts";
import { azureOffers } from "./offers.ts";
import type { AzurePlatformArgs } from "./platform.ts";
import type { Postgres } from "./postgres.ts";
import { estimate } from "./prices.ts";
import { redisPort } from "./redis.ts";
import type { SharedRedis } from "./redisPlatform.ts";
import type { Scope } from "./scope.ts";
import { sharedClass } from "./sharedVolume.ts";
import { blockClass } from "./storage.ts";

export interface Parts {
  readonly network: Network;
  readonly vault: KeyVault;
  readonly cluster: AksCluster;
  readonly redis: SharedRedis | undefined;
  readonly store: ObjectStore | undefined;
  readonly external: ExternalVault | undefined;
}

export function ownFacts(scope: Scope, args: AzurePlatformArgs, parts: Parts): AzureFacts {
  const { network, vault, cluster, store, external } = parts;
  const { objectStore } = args.roots;
  return {
    region: scope.location,
    suffix: scope.suffix,
    resourceGroup: scope.resourceGroupName,
    clusterName: cluster.name,
    clusterResourceGroup: cluster.resourceGroupName,
    issuer: cluster.issuer,
    vaultUri: vault.uri,
    endpointSubnetId: network.endpointSubnetId,
    ...(store ? { storageAccount: store.account, blobEndpoint: store.endpoint } : {}),
    ...(external
      ? { externalVaultId: external.id, externalVaultUri: external.uri, directory: external.directory }
      : {}),
    ...(objectStore ? { objectStoreRoots: objectStore } : {}),
    ...(args.needs.redis ? redisFacts(args, parts.redis) : {}),
  };
}

function redisFacts(
  { settings, roots }: AzurePlatformArgs,
  made: SharedRedis | undefined,
): Partial<AzureFacts> {
  const { redis } = settings;
  const given = redis.kind === "existing" && redis.tls.roots !== "system" ? redis.tls.roots.caPem : undefined;
  const caPem = roots.redis ?? given;
  const shared = { redisIsolation: redis.isolation, ...(caPem ? { redisRoots: caPem } : {}) };
  if (redis.kind === "existing") return { ...shared, redisHost: redis.host, redisPort: String(redis.port) };
  return {
    ...shared,
    redisPort: String(redisPort),
    ...(made?.cache ? { redisCluster: made.cache.clusterName, redisHost: made.cache.host } : {}),
    ...(made && !made.cache ? { redisZoneId: made.zoneId } : {}),
  };
}

export function platformFacts(
  args: AzurePlatformArgs,
  cluster: AksCluster,
  own: AzureFacts,
  address: pulumi.Output<string>,
  database: Postgres | undefined,
): PlatformFacts<pulumi.Input<string>> {
  const { kind, className, domain, issuer, namespace, tcpPorts } = args.edge;
  const shared = { className: sharedClass, accessMode: "ReadWriteMany" } as const;
  const monthly = estimate(args);
  return {
    version: factsVersion,
    target: "azure",
    stack: args.stack,
    lifecycle: args.lifecycle,
    size: args.size,
    cluster: { name: `portolan-${args.stack}`, identifier: cluster.identifier },
    namespace: args.namespace,
    edge: { kind, className, domain, issuer, namespace, address, tcpPorts },
    storage: { block: blockClass, shared: args.needs.sharedVolume ? shared : null },
    offers: azureOffers(args.settings),
    ...(database ? { databaseServer: database.server } : {}),
    ...(args.externalSecrets ? { secretStores: true } : {}),
    ...(monthly ? { estimate: monthly } : {}),
    own: { ...own },
  };
}
