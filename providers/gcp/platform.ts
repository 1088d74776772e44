/** A platform on Google Cloud: GKE Autopilot, Cloud SQL, Memorystore, Cloud Storage and what holds them together. */
import { getProjectOutput } from "@pulumi/gcp/organizations/getProject.js";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { databaseAdmin, externalSecrets, sharedObjects } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import { clusterProvider } from "../cluster.ts";
import type { KeyEscrow, Platform, PlatformFacts, TenantRequest, TenantServices } from "../platform.ts";
import { apisFor, enableApis } from "./apis.ts";
import { cluster } from "./cluster.ts";
import { edgeRecords } from "./dns.ts";
import { edge, edgeAddress } from "./edge.ts";
import { madeCluster } from "./facts.ts";
import { clusterKey } from "./keys.ts";
import { network } from "./network.ts";
import { type Caches, ownFacts, platformFacts } from "./platformFacts.ts";
import { postgres } from "./postgres.ts";
import { redisNetwork, sharedRedis } from "./redis.ts";
import { retainedLines } from "./retained.ts";
import { gcpProvider, inner, type Scope } from "./scope.ts";
import { SecretManagerEscrow } from "./secrets.ts";
import type { GcpSettings } from "./settings.ts";
import { sharedStorage } from "./sharedVolume.ts";
import { blockStorage } from "./storage.ts";
import { tenantServices } from "./tenantServices.ts";
import type { TenantSources } from "./tenantSources.ts";

export type GcpPlatformArgs = CloudRequest & { readonly settings: GcpSettings };

export class GcpPlatform extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #sources: TenantSources;

  constructor(name: string, args: GcpPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:gcp:Platform", name, {}, opts);
    const { settings, size, namespace, labels, lifecycle, needs, roots } = args;
    const provider = gcpProvider(name, settings, args.stack, this);
    const scope = this.#cloud(name, args, provider);
    const project = getProjectOutput({ projectId: settings.project }, { parent: scope.parent });

    const net = network(scope, settings.network);
    const key = hasOwnKey(args) ? clusterKey(scope, project.number) : undefined;
    const gke = cluster(scope, settings.cluster, net, key);
    const database = needs.database
      ? postgres(scope, { settings: settings.database, size, namespace, network: net, roots: roots.database })
      : undefined;
    const way =
      needs.redis && settings.redis.kind === "new" ? redisNetwork(net, settings.network) : undefined;
    const shared =
      way && settings.redis.kind === "new" && settings.redis.isolation === "prefix"
        ? sharedRedis(scope, settings.redis.version, size, way)
        : undefined;
    const caches: Caches = { way, shared };

    const own = ownFacts(scope, args, project.number, gke, caches);
    const access = madeCluster(own, gke.identifier);
    this.kubeconfig = access.kubeconfig;
    this.kubernetes = clusterProvider(name, access, this, gke.ready, args.reach);
    const inside = inner("Cluster", `${name}-inside`, this, [this.kubernetes]);
    const address = edgeAddress(scope);
    const kept = [...gke.ready, address];
    const objects = sharedObjects(name, { ...args, cluster: settings.cluster.kind }, inside, kept);
    const last = { parent: inside, dependsOn: [objects.drain] };
    const storage = [
      blockStorage(name, args, last),
      ...(needs.sharedVolume ? [sharedStorage(name, { lifecycle, labels, network: net }, last)] : []),
    ];
    const admin = database?.password ? [databaseAdmin(name, args, database.password, last)] : [];
    this.escrow = new SecretManagerEscrow(provider, scope.apis);
    const stores = args.externalSecrets ? [externalSecrets(name, args, last)] : [];
    const door = edge(scope, args, address, last);
    const records = settings.dns ? edgeRecords(scope, settings.dns.zone, args.edge.domain, door.address) : [];

    this.#sources = {
      provider,
      after: {
        bucket: scope.apis,
        identity: gke.ready,
        redis: scope.apis,
      },
      redisPassword: () => shared?.password ?? pulumi.secret(""),
    };
    this.ready = [
      objects.namespace,
      objects.drain,
      ...storage,
      ...admin,
      ...(database?.ready ?? []),
      ...(shared?.ready ?? []),
      ...door.ready,
      ...stores,
      ...records,
    ];
    this.facts = platformFacts(args, gke, own, door.address, database);
    this.retained = retainedLines(args);
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#sources, request);
  }

  #cloud(name: string, args: GcpPlatformArgs, provider: pulumi.ProviderResource): Scope {
    const { stack, lifecycle, settings, needs } = args;
    const { project, region } = settings;
    const parent = inner("Cloud", `${name}-cloud`, this, [provider]);
    const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent }).hex;
    const wanted = apisFor(settings, needs, lifecycle === "production");
    return {
      name,
      stack,
      project,
      region,
      lifecycle,
      suffix,
      parent,
      apis: enableApis(name, wanted, parent),
    };
  }
}

function hasOwnKey({ settings, lifecycle }: GcpPlatformArgs): boolean {
  const { cluster: wanted } = settings;
  return wanted.kind === "new" && (wanted.ownKey ?? lifecycle === "production");
}
