/** What one tenant gets on Google Cloud: the shared Postgres, a Redis, a bucket and an identity of its own. */
import type * as pulumi from "@pulumi/pulumi";
import type { GcsService, PlatformFacts, TenantRequest, TenantServices } from "../platform.ts";
import { tenantKeys } from "./externalSecrets.ts";
import { type GcpFacts, gcpFacts } from "./facts.ts";
import { bucketAccess } from "./identity.ts";
import { tenantBucket } from "./objectStore.ts";
import { tenantRedis } from "./redisTenant.ts";
import type { TenantSources } from "./tenantSources.ts";

/**
 * GKE's metadata server: port 80 where Dataplane V2 routes it, 988 on each node's own address otherwise (GKE, "Use
 * network policies with Workload Identity Federation").
 */
const metadataServer = [
  { cidr: "169.254.169.254/32", port: 80 },
  { cidr: "169.254.169.252/32", port: 988 },
];

export function tenantServices(
  facts: PlatformFacts<pulumi.Input<string>>,
  sources: TenantSources,
  request: TenantRequest,
): TenantServices {
  const { needs } = request;
  const own = gcpFacts(facts);
  const server = needs.database ? facts.databaseServer : undefined;
  const redis = needs.redis ? tenantRedis(facts.stack, own, request, sources) : undefined;
  const store = needs.objectStore ? bucketAndAccess(facts, own, request, sources) : undefined;
  const { keys } = request;
  return {
    // The bucket's policy names the ServiceAccount: neither it nor the pods carry anything.
    identity: { serviceAccountAnnotations: {}, podLabels: {}, endpoints: metadataServer },
    ...(server ? { database: { kind: "server", server } } : {}),
    ...(redis ? { redis: redis.service } : {}),
    ...(store ? { objectStore: store.service } : {}),
    ...(keys ? { keys: tenantKeys(facts.stack, own, { ...request, keys }, sources) } : {}),
    ready: [...(redis?.ready ?? []), ...(store?.ready ?? [])],
  };
}

function bucketAndAccess(
  facts: PlatformFacts<pulumi.Input<string>>,
  own: GcpFacts,
  request: TenantRequest,
  sources: TenantSources,
): { service: GcsService; ready: pulumi.Resource[] } {
  const bucket = tenantBucket(facts, own, request, sources);
  const access = bucketAccess(own, bucket, request, sources);
  const roots = own.objectStoreRoots;
  return {
    service: {
      protocol: "gcs",
      bucket: bucket.name,
      tls: { roots: roots === undefined ? "system" : { caPem: roots } },
      access: { kind: "identity" },
    },
    ready: [access],
  };
}
