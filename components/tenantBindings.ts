/** Turns what a platform gave a tenant into what its application may know: names instead of values. */

import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Bindings, DatabaseBinding, ObjectStoreBinding, RedisBinding, Roots } from "../apps/app.ts";
import type {
  Credential,
  DatabaseService,
  ObjectStoreService,
  RedisService,
  SecretRef,
  TenantServices,
  Tls,
} from "../providers/platform.ts";
import { urlOf } from "./edge.ts";
import type { RuntimeSecret } from "./runtimeSecret.ts";
import { scaleOf } from "./sizes.ts";
import type { TenantArgs } from "./tenantArgs.ts";

/** Keys of the runtime Secret under which service credentials stand. */
export const serviceKeys = {
  database: "DATABASE_PASSWORD",
  redis: "REDIS_PASSWORD",
  accessKey: "S3_ACCESS_KEY",
  secretKey: "S3_SECRET_KEY",
} as const;

/** Keys of the ConfigMap with the roots each service is verified by. */
const rootKeys = { database: "database.crt", redis: "redis.crt", objectStore: "object-store.crt" } as const;

export interface Account {
  readonly name: string;
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

/** Credentials to put into the runtime Secret, or to read from Secrets the user made. */
export function serviceCredentials(services: TenantServices, account: Account): Record<string, Credential> {
  const { database, redis, objectStore } = services;
  const access = objectStore?.access;
  return {
    ...(database ? { [serviceKeys.database]: databasePassword(database, account) } : {}),
    ...(redis ? { [serviceKeys.redis]: redis.password } : {}),
    ...(access?.kind === "keys"
      ? { [serviceKeys.accessKey]: access.accessKey, [serviceKeys.secretKey]: access.secretKey }
      : {}),
  };
}

function databasePassword(database: DatabaseService, account: Account): Credential {
  return database.kind === "given" ? database.database.password : { kind: "value", value: account.password };
}

/** Roots by key of the ConfigMap; services that the public roots vouch for have none. */
export function rootsData(services: TenantServices): Record<string, pulumi.Input<string>> {
  const given: [string, Tls | undefined][] = [
    [rootKeys.database, services.database && databaseTls(services.database)],
    [rootKeys.redis, services.redis?.tls],
    [rootKeys.objectStore, services.objectStore?.tls],
  ];
  return Object.fromEntries(
    given.flatMap(([key, tls]) => (tls && tls.roots !== "system" ? [[key, tls.roots.caPem]] : [])),
  );
}

/** Ports a tenant must be able to call: its services', and HTTPS for what its application calls outside. */
export function servicePorts({ database, redis, objectStore }: TenantServices): number[] {
  const databasePort = database?.kind === "given" ? database.database.port : database?.server.port;
  const ports = [443, databasePort, redis?.port, endpointPort(objectStore)];
  return [...new Set(ports.filter((port) => port !== undefined))];
}

/** An endpoint that is not told before it is made is on port 443, as the contract says. */
function endpointPort(service: ObjectStoreService | undefined): number | undefined {
  const endpoint = service?.endpoint;
  return typeof endpoint === "string" ? Number(new URL(endpoint).port || 443) : undefined;
}

export interface TenantParts
  extends Pick<
    TenantArgs,
    | "slug"
    | "hosts"
    | "size"
    | "state"
    | "lifecycle"
    | "app"
    | "version"
    | "release"
    | "platform"
    | "route"
    | "images"
  > {
  readonly services: TenantServices;
  readonly account: Account;
  readonly secret: RuntimeSecret;
  /** The ConfigMap with `rootsData`; undefined where there is none to trust. */
  readonly roots: k8s.core.v1.ConfigMap | undefined;
  readonly claim: k8s.core.v1.PersistentVolumeClaim | undefined;
}

/** All that the tenant's application is told. */
export function bindingsOf(parts: TenantParts): Bindings {
  const { slug, hosts, size, state, lifecycle, app, version, release, platform, route, images } = parts;
  const { services, account, secret, roots, claim } = parts;
  return {
    slug,
    url: urlOf(hosts),
    lifecycle,
    size,
    image: { repository: images[app.name]?.repository ?? app.image, tag: images[app.name]?.tag ?? version },
    scale: scaleOf(size, lifecycle, state),
    route,
    serviceAccount: release,
    identity: services.identity,
    secretName: secret.secretName,
    secretRevision: secret.revision,
    storage: platform.facts.storage,
    sharedClaim: claim?.metadata.name,
    ...serviceBindings(services, {
      rootsConfigMap: roots ? roots.metadata.name : "roots",
      ref: (key) => secret.ref(key),
      account,
    }),
  };
}

export interface BindingSources {
  /** Name of the ConfigMap with `rootsData`. */
  readonly rootsConfigMap: pulumi.Input<string>;
  readonly ref: (key: string) => SecretRef;
  readonly account: Account;
}

/** The services' part of what an application is told. */
export function serviceBindings(
  { database, redis, objectStore }: TenantServices,
  from: BindingSources,
): Pick<Bindings, "database" | "redis" | "objectStore"> {
  return {
    database: database && databaseBinding(database, from),
    redis: redis && redisBinding(redis, from),
    objectStore: objectStore && objectStoreBinding(objectStore, from),
  };
}

function databaseBinding(service: DatabaseService, from: BindingSources): DatabaseBinding {
  const { engine, host, port } = service.kind === "given" ? service.database : service.server;
  const { name, username } = service.kind === "given" ? service.database : from.account;
  const password = from.ref(serviceKeys.database);
  return {
    engine,
    host,
    port,
    name,
    username,
    password,
    roots: rootsOf(databaseTls(service), rootKeys.database, from),
  };
}

function redisBinding(service: RedisService, from: BindingSources): RedisBinding {
  const { host, port, username, isolation, prefix, tls } = service;
  const password = from.ref(serviceKeys.redis);
  return { host, port, username, password, isolation, prefix, roots: rootsOf(tls, rootKeys.redis, from) };
}

/** Each protocol stays itself; of static keys only the names go on. */
function objectStoreBinding(service: ObjectStoreService, from: BindingSources): ObjectStoreBinding {
  const roots = rootsOf(service.tls, rootKeys.objectStore, from);
  switch (service.protocol) {
    case "s3": {
      const { protocol, endpoint, region, bucket, forcePathStyle, access } = service;
      const keys = () => ({
        kind: "keys" as const,
        accessKey: from.ref(serviceKeys.accessKey),
        secretKey: from.ref(serviceKeys.secretKey),
      });
      const binding = { protocol, endpoint, region, bucket, forcePathStyle, roots };
      return { ...binding, access: access.kind === "keys" ? keys() : { kind: "identity" } };
    }
    case "gcs": {
      const { protocol, endpoint, bucket } = service;
      return { protocol, endpoint, bucket, roots };
    }
    default: {
      const { protocol, endpoint, container } = service;
      return { protocol, endpoint, container, roots };
    }
  }
}

function databaseTls(service: DatabaseService): Tls {
  return service.kind === "given" ? service.database.tls : service.server.tls;
}

function rootsOf(tls: Tls, key: string, from: BindingSources): Roots {
  return tls.roots === "system" ? undefined : { configMap: from.rootsConfigMap, key };
}
