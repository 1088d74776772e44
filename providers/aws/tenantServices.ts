/** What one tenant gets on AWS: the shared Postgres, a user of the shared cache, a bucket and a role of its own. */
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformFacts, S3Service, TenantRequest, TenantServices } from "../platform.ts";
import { tenantKeys } from "./externalSecrets.ts";
import { type AwsFacts, awsFacts } from "./facts.ts";
import { bucketStatements, podRole } from "./identity.ts";
import { tenantBucket } from "./objectStore.ts";
import { tenantRedis } from "./redisTenant.ts";

/** EKS Pod Identity's agent on each node (EKS user guide, "Set up the Amazon EKS Pod Identity Agent"). */
const podIdentityAgent = [{ cidr: "169.254.170.23/32", port: 80 }];

/** Made from facts alone: the same in a base stack and in a cell. */
export function tenantServices(
  facts: PlatformFacts<pulumi.Input<string>>,
  provider: pulumi.ProviderResource,
  request: TenantRequest,
): TenantServices {
  const { needs } = request;
  const own = awsFacts(facts);
  const server = needs.database ? facts.databaseServer : undefined;
  const redis = needs.redis ? tenantRedis(facts.stack, own, request, provider) : undefined;
  const store = needs.objectStore ? bucketAndRole(facts, own, request, provider) : undefined;
  const { keys } = request;
  return {
    // Pod Identity binds the ServiceAccount by its name: neither it nor the pods carry anything.
    identity: { serviceAccountAnnotations: {}, podLabels: {}, endpoints: podIdentityAgent },
    ...(server ? { database: { kind: "server", server } } : {}),
    ...(redis ? { redis: redis.service } : {}),
    ...(store ? { objectStore: store.service } : {}),
    ...(keys ? { keys: tenantKeys(facts.stack, own, { ...request, keys }, provider) } : {}),
    ready: [...(redis?.ready ?? []), ...(store?.ready ?? [])],
  };
}

function bucketAndRole(
  facts: PlatformFacts<pulumi.Input<string>>,
  own: AwsFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): { service: S3Service; ready: pulumi.Resource[] } {
  const { slug, namespace, serviceAccount, parent } = request;
  const { bucket, ready } = tenantBucket(facts, own, request, provider);
  const identity = podRole(
    own,
    {
      name: `${slug}-identity`,
      parts: [facts.stack, "tenant", slug],
      namespace,
      serviceAccount,
      statements: bucketStatements(bucket.arn, own),
    },
    { parent, provider },
  );
  const roots = own.objectStoreRoots;
  return {
    service: {
      protocol: "s3",
      region: regionOf(own),
      bucket: bucket.bucket,
      forcePathStyle: false,
      tls: { roots: roots === undefined ? "system" : { caPem: roots } },
      access: { kind: "identity" },
    },
    ready: [...ready, ...identity],
  };
}

function regionOf({ region }: AwsFacts): string {
  if (typeof region !== "string") throw new Error("the region is a setting, never a promise");
  return region;
}
