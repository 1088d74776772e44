/** What one tenant gets on services that exist already: an account made here, or one that the user names. */
import type * as pulumi from "@pulumi/pulumi";
import { givenRedis } from "../givenRedis.ts";
import type {
  DatabaseService,
  PlatformFacts,
  S3Service,
  TenantRequest,
  TenantServices,
} from "../platform.ts";
import type { Endpoints } from "./platform.ts";

export function tenantServices(
  facts: PlatformFacts<pulumi.Input<string>>,
  endpoints: Endpoints,
  request: TenantRequest,
): TenantServices {
  const { needs } = request;
  const database = needs.database ? databaseService(facts, endpoints, request) : undefined;
  const redis = needs.redis && endpoints.redis ? givenRedis(endpoints.redis, request) : undefined;
  const objectStore = needs.objectStore ? bucket(endpoints, request) : undefined;
  return {
    identity: { serviceAccountAnnotations: {}, podLabels: {} },
    ...(database ? { database } : {}),
    ...(redis ? { redis } : {}),
    ...(objectStore ? { objectStore } : {}),
    ready: [],
  };
}

function databaseService(
  facts: PlatformFacts<pulumi.Input<string>>,
  endpoints: Endpoints,
  request: TenantRequest,
): DatabaseService | undefined {
  const given = request.given.database;
  if (given && endpoints.database) {
    const { host, port, tls } = endpoints.database;
    const { name, username, password } = given;
    return {
      kind: "given",
      database: {
        engine: "postgres",
        host,
        port,
        tls,
        name,
        username,
        password: { kind: "secret", ref: password },
      },
    };
  }
  return facts.databaseServer ? { kind: "server", server: facts.databaseServer } : undefined;
}

function bucket(endpoints: Endpoints, request: TenantRequest): S3Service | undefined {
  const given = request.given.objectStore;
  if (!given || !endpoints.objectStore) return undefined;
  const { endpoint, region, forcePathStyle, tls } = endpoints.objectStore;
  return {
    protocol: "s3",
    ...(endpoint ? { endpoint } : {}),
    region,
    bucket: given.bucket,
    forcePathStyle,
    tls,
    access: {
      kind: "keys",
      accessKey: { kind: "secret", ref: given.accessKey },
      secretKey: { kind: "secret", ref: given.secretKey },
    },
  };
}
