/** A platform inside one disposable cluster: everything that keeps state runs beside the tenants. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, clusterProvider } from "../cluster.ts";
import {
  type EdgeFacts,
  factsVersion,
  type Images,
  type Lifecycle,
  type Offers,
  type Platform,
  type PlatformFacts,
  type ReleaseHooks,
  type Size,
  type StorageFacts,
  type TenantRequest,
  type TenantServices,
} from "../platform.ts";
import { serviceKeys, tlsSecretName } from "./keys.ts";
import { postgres } from "./postgres.ts";
import { type LocalServices, tenantServices } from "./tenantServices.ts";

export interface LocalPlatformArgs {
  readonly stack: string;
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  readonly cluster: ClusterAccess;
  /** Namespace of the shared services. */
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly edge: EdgeFacts;
  readonly storage: StorageFacts;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** Whether any tenant's application uses the shared Postgres. */
  readonly database: boolean;
}

/** Everything that `providers/local` can give, whatever the configuration. */
export const localOffers: Offers = {
  database: ["postgres"],
  redis: ["instance"],
  objectStore: ["s3"],
  sharedVolume: true,
};

export class LocalPlatform extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  readonly ready: pulumi.Resource[];
  readonly retained: readonly string[] = [];
  readonly #services: LocalServices;

  constructor(name: string, args: LocalPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:local:Platform", name, {}, opts);
    this.#services = args;
    this.kubernetes = clusterProvider(name, args.cluster, this);
    const parent = this.#scope(name);
    const namespace = servicesNamespace(args, parent);
    const keys = serviceKeys(args.stack, namespace.metadata.name, args.labels, parent);
    const database = args.database
      ? postgres({
          ...args,
          keys,
          storageClass: args.storage.block,
          image: args.images.postgres,
          parent,
          dependsOn: [namespace],
        })
      : undefined;
    this.ready = [namespace, keys.secret, ...(database?.ready ?? [])];
    this.facts = {
      version: factsVersion,
      target: "local",
      stack: args.stack,
      lifecycle: args.lifecycle,
      size: args.size,
      cluster: { name: args.cluster.context, identifier: args.cluster.identifier },
      namespace: args.namespace,
      edge: args.edge,
      storage: args.storage,
      offers: localOffers,
      ...(database ? { databaseServer: database.server } : {}),
      services: { tlsSecret: tlsSecretName, revision: keys.revision, caPem: keys.caPem },
    };
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#services, request);
  }

  /** Children of the scope inherit the cluster's provider, which this component itself cannot have yet. */
  #scope(name: string): pulumi.ComponentResource {
    return new pulumi.ComponentResource(
      "portolan:local:Services",
      `${name}-services`,
      {},
      { parent: this, provider: this.kubernetes },
    );
  }
}

/** A cell: stands on another stack's platform and makes nothing that it would have to share. */
export class LocalCell extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[] = [];
  readonly #services: LocalServices;

  constructor(
    name: string,
    args: Pick<LocalPlatformArgs, "cluster" | "images" | "hooks"> & { readonly base: PlatformFacts },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("portolan:local:Cell", name, {}, opts);
    this.#services = args;
    this.facts = args.base;
    this.kubernetes = clusterProvider(name, args.cluster, this);
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#services, request);
  }
}

function servicesNamespace(args: LocalPlatformArgs, parent: pulumi.Resource): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    `${args.stack}-services`,
    {
      metadata: {
        name: args.namespace,
        labels: { ...args.labels, "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    { parent },
  );
}
