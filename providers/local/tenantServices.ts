/** What one tenant gets on a local platform: the shared Postgres, and a Redis and a bucket of its own. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type {
  Images,
  PlatformFacts,
  RedisService,
  ReleaseHooks,
  S3Service,
  TenantRequest,
  TenantServices,
} from "../platform.ts";
import { dataServices, serviceHost } from "./dataServices.ts";

/** Key of the services Secret and at the same time S3's access key name. */
const keys = { redis: "redis", accessKey: "access-key", secretKey: "secret-key" } as const;

/** What making services takes beside the facts. */
export interface LocalServices {
  readonly images: Images;
  readonly hooks: ReleaseHooks;
}

export function tenantServices(
  facts: PlatformFacts<pulumi.Input<string>>,
  given: LocalServices,
  request: TenantRequest,
): TenantServices {
  const { needs } = request;
  const identity = { serviceAccountAnnotations: {}, podLabels: {} };
  const database = facts.databaseServer
    ? { database: { kind: "server", server: facts.databaseServer } as const }
    : {};
  if ((!needs.redis && !needs.objectStore) || !facts.services) return { identity, ...database, ready: [] };
  const own = ownServices(facts, facts.services, given, request);
  return { identity, ...database, ...own };
}

function ownServices(
  facts: PlatformFacts<pulumi.Input<string>>,
  shared: NonNullable<PlatformFacts<pulumi.Input<string>>["services"]>,
  given: LocalServices,
  request: TenantRequest,
): { redis?: RedisService; objectStore?: S3Service; ready: pulumi.Resource[] } {
  const { images, hooks } = given;
  const { slug, needs, password, parent } = request;
  const { namespace, stack } = facts;
  const release = `services-${slug}`;
  const secret = new k8s.core.v1.Secret(
    `${slug}-services`,
    {
      metadata: {
        name: release,
        namespace,
        labels: { "portolan.dev/stack": stack, "portolan.dev/tenant": slug },
      },
      stringData: {
        ...(needs.redis ? { [keys.redis]: password("redis") } : {}),
        ...(needs.objectStore ? { [keys.accessKey]: slug, [keys.secretKey]: password("object-store") } : {}),
      },
    },
    { parent },
  );
  const volume = { storageClass: facts.storage.block };
  const account = { secret: secret.metadata.name, secretRevision: request.passwordRevision };
  const made = dataServices(
    {
      resource: `${slug}-services`,
      release,
      namespace,
      tlsSecret: shared.tlsSecret,
      stack,
      hooks,
      lifecycle: request.lifecycle,
      tlsRevision: shared.revision,
      clients: [request.namespace],
      ...(needs.redis ? { redis: { ...volume, ...account, image: images.redis, key: keys.redis } } : {}),
      ...(needs.objectStore
        ? { objectStore: { ...volume, ...account, image: images.s3, bucket: slug } }
        : {}),
    },
    { parent },
  );
  const tls = { roots: { caPem: shared.caPem } };
  return {
    ...(needs.redis ? { redis: redisService(request, serviceHost(release, "redis", namespace), tls) } : {}),
    ...(needs.objectStore
      ? { objectStore: bucket(request, serviceHost(release, "s3", namespace), tls) }
      : {}),
    ready: [made],
  };
}

function redisService(request: TenantRequest, host: string, tls: RedisService["tls"]): RedisService {
  return {
    host,
    port: 6379,
    tls,
    password: { kind: "value", value: request.password("redis") },
    isolation: "instance",
  };
}

function bucket(request: TenantRequest, host: string, tls: S3Service["tls"]): S3Service {
  return {
    protocol: "s3",
    endpoint: `https://${host}:7070`,
    region: "us-east-1",
    bucket: request.slug,
    forcePathStyle: true,
    tls,
    access: {
      kind: "keys",
      accessKey: { kind: "value", value: pulumi.output(request.slug) },
      secretKey: { kind: "value", value: request.password("object-store") },
    },
  };
}
