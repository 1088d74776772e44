/** The services a stack file of kind `existing` names, in the contract's words. */
import type { Endpoints } from "../providers/existing/platform.ts";
import { tlsOf } from "./brought.ts";
import type { ExistingConfig } from "./platformVocabulary.ts";

export function endpointsOf({ database, redis, objectStore }: ExistingConfig): Endpoints {
  return {
    ...(database
      ? {
          database: {
            host: database.host,
            port: database.port,
            tls: tlsOf(database.roots),
            ...(database.admin ? { admin: database.admin } : {}),
          },
        }
      : {}),
    ...(redis
      ? { redis: { host: redis.host, port: redis.port, tls: tlsOf(redis.roots), isolation: redis.isolation } }
      : {}),
    ...(objectStore
      ? {
          objectStore: {
            ...(objectStore.endpoint ? { endpoint: objectStore.endpoint } : {}),
            region: objectStore.region,
            forcePathStyle: objectStore.forcePathStyle,
            tls: tlsOf(objectStore.roots),
          },
        }
      : {}),
  };
}
