/** A platform that is there already: a kubeconfig's context, and services by endpoint, roots and names of Secrets. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, clusterProvider } from "../cluster.ts";
import {
  type DatabaseServer,
  type EdgeFacts,
  factsVersion,
  type Lifecycle,
  type Offers,
  type Platform,
  type PlatformFacts,
  type RedisIsolation,
  type Size,
  type StorageFacts,
  type TenantRequest,
  type TenantServices,
  type Tls,
} from "../platform.ts";
import { tenantServices } from "./tenantServices.ts";

/** Where the services are. Accounts on them come from each tenant's own entry, or from `admin`. */
export interface Endpoints {
  readonly database?: {
    readonly host: string;
    readonly port: number;
    readonly tls: Tls<string>;
    readonly admin?: { readonly username: string; readonly secretName: string; readonly key: string };
  };
  readonly redis?: {
    readonly host: string;
    readonly port: number;
    readonly tls: Tls<string>;
    readonly isolation: RedisIsolation;
  };
  readonly objectStore?: {
    readonly endpoint?: string;
    readonly region: string;
    readonly forcePathStyle: boolean;
    readonly tls: Tls<string>;
  };
}

export interface ExistingPlatformArgs {
  readonly stack: string;
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  readonly cluster: ClusterAccess;
  /** Namespace of the database admin's Secret and of account jobs; it exists already. */
  readonly namespace: string;
  readonly edge: EdgeFacts;
  readonly storage: StorageFacts;
  readonly endpoints: Endpoints;
}

/** What a stack on existing services can give follows from what its file names. */
export function existingOffers(endpoints: Endpoints, storage: StorageFacts): Offers {
  return {
    database: endpoints.database ? ["postgres"] : [],
    redis: endpoints.redis ? [endpoints.redis.isolation] : [],
    objectStore: endpoints.objectStore ? ["s3"] : [],
    sharedVolume: storage.shared !== null,
  };
}

export class ExistingPlatform extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[] = [];
  readonly #endpoints: Endpoints;

  constructor(name: string, args: ExistingPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:existing:Platform", name, {}, opts);
    this.#endpoints = args.endpoints;
    this.kubernetes = clusterProvider(name, args.cluster, this);
    const databaseServer = serverOf(args);
    this.facts = {
      version: factsVersion,
      target: "existing",
      stack: args.stack,
      lifecycle: args.lifecycle,
      size: args.size,
      cluster: { name: args.cluster.context, identifier: args.cluster.identifier },
      namespace: args.namespace,
      edge: args.edge,
      storage: args.storage,
      offers: existingOffers(args.endpoints, args.storage),
      ...(databaseServer ? { databaseServer } : {}),
    };
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#endpoints, request);
  }
}

/** A cell: stands on another stack's facts, with the same cluster and services. */
export class ExistingCell extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[] = [];
  readonly #endpoints: Endpoints;

  constructor(
    name: string,
    args: Pick<ExistingPlatformArgs, "cluster" | "endpoints"> & { readonly base: PlatformFacts },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("portolan:existing:Cell", name, {}, opts);
    this.#endpoints = args.endpoints;
    this.facts = args.base;
    this.kubernetes = clusterProvider(name, args.cluster, this);
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#endpoints, request);
  }
}

/** A server where accounts can be made, when the user gave its admin. */
function serverOf(args: ExistingPlatformArgs): DatabaseServer<string> | undefined {
  const database = args.endpoints.database;
  if (!database?.admin) return undefined;
  const { host, port, tls, admin } = database;
  return {
    engine: "postgres",
    host,
    port,
    tls,
    adminUsername: admin.username,
    adminNamespace: args.namespace,
    adminSecret: { secretName: admin.secretName, key: admin.key },
  };
}
