/** A platform's facts: what its tenants, and cells on it, are made from. */
import type * as pulumi from "@pulumi/pulumi";
import { factsVersion, type PlatformFacts } from "../platform.ts";
import type { GkeCluster } from "./cluster.ts";
import type { GcpFacts } from "./facts.ts";
import { gcpOffers } from "./offers.ts";
import type { GcpPlatformArgs } from "./platform.ts";
import type { Postgres } from "./postgres.ts";
import { estimate } from "./prices.ts";
import type { Redis, RedisNetwork } from "./redis.ts";
import { redisPort } from "./redis.ts";
import type { Scope } from "./scope.ts";
import { sharedClass } from "./sharedVolume.ts";
import { blockClass } from "./storage.ts";

/** The cache of a platform, as far as it has one: shared, or the way in for those of the tenants. */
export interface Caches {
  readonly shared: Redis | undefined;
  readonly way: RedisNetwork | undefined;
}

export function ownFacts(
  scope: Scope,
  args: GcpPlatformArgs,
  projectNumber: pulumi.Output<string>,
  gke: GkeCluster,
  caches: Caches,
): GcpFacts {
  const { roots } = args;
  return {
    project: scope.project,
    projectNumber,
    region: scope.region,
    suffix: scope.suffix,
    clusterName: gke.name,
    ...(args.externalSecrets ? { clusterLocation: locationOf(args) } : {}),
    clusterEndpoint: gke.endpoint,
    clusterCertificateAuthority: gke.certificateAuthority,
    ...redisFacts(args, caches),
    ...(roots.objectStore ? { objectStoreRoots: roots.objectStore } : {}),
  };
}

function locationOf({ settings: { cluster, region } }: GcpPlatformArgs): string {
  return cluster.kind === "existing" ? cluster.location : region;
}

function redisFacts({ settings, roots }: GcpPlatformArgs, { shared, way }: Caches): Partial<GcpFacts> {
  const { redis } = settings;
  if (redis.kind === "existing") {
    const { host, port, isolation, tls } = redis;
    const caPem = roots.redis ?? (tls.roots === "system" ? undefined : tls.roots.caPem);
    return {
      redisHost: host,
      redisPort: String(port),
      redisIsolation: isolation,
      ...(caPem ? { redisRoots: caPem } : {}),
    };
  }
  if (shared) {
    return {
      redisName: shared.name,
      redisHost: shared.host,
      redisPort: String(redisPort),
      redisIsolation: "prefix",
      redisRoots: roots.redis ?? shared.roots,
    };
  }
  if (!way) return {};
  return {
    redisIsolation: "instance",
    redisNetwork: way.network,
    redisConnectMode: way.connectMode,
    redisVersion: redis.version,
    ...(roots.redis ? { redisRoots: roots.redis } : {}),
  };
}

export function platformFacts(
  args: GcpPlatformArgs,
  gke: GkeCluster,
  own: GcpFacts,
  address: pulumi.Output<string>,
  database: Postgres | undefined,
): PlatformFacts<pulumi.Input<string>> {
  const { kind, className, domain, issuer, namespace, tcpPorts } = args.edge;
  const cost = estimate(args);
  const shared = { className: sharedClass, accessMode: "ReadWriteMany" } as const;
  return {
    version: factsVersion,
    target: "gcp",
    stack: args.stack,
    lifecycle: args.lifecycle,
    size: args.size,
    // Of the stack; the name that GKE knows, which has a random end, is among `own`.
    cluster: { name: `portolan-${args.stack}`, identifier: gke.identifier },
    namespace: args.namespace,
    edge: { kind, className, domain, issuer, namespace, address, tcpPorts },
    storage: { block: blockClass, shared: args.needs.sharedVolume ? shared : null },
    offers: gcpOffers(args.settings),
    ...(database ? { databaseServer: database.server } : {}),
    ...(args.externalSecrets ? { secretStores: true } : {}),
    ...(cost ? { estimate: cost } : {}),
    own: { ...own },
  };
}
