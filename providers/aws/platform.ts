/** A platform on AWS: EKS, RDS, ElastiCache, S3 and what holds them together. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { databaseAdmin, externalSecrets, sharedObjects } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import { clusterProvider } from "../cluster.ts";
import type { KeyEscrow, Platform, PlatformFacts, TenantRequest, TenantServices } from "../platform.ts";
import { cluster } from "./cluster.ts";
import { edgeRecords } from "./dns.ts";
import { edge } from "./edge.ts";
import { tokenIssuer } from "./externalSecrets.ts";
import { madeCluster } from "./facts.ts";
import { encryptionKey } from "./keys.ts";
import { network } from "./network.ts";
import { policyController } from "./networkPolicy.ts";
import { ownFacts, platformFacts } from "./platformFacts.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { retainedLines } from "./retained.ts";
import { awsProvider, type Scope } from "./scope.ts";
import { SecretsManagerEscrow } from "./secrets.ts";
import type { AwsSettings } from "./settings.ts";
import { sharedFiles, sharedStorageClass } from "./sharedVolume.ts";
import { blockStorage } from "./storage.ts";
import { tenantServices } from "./tenantServices.ts";

export type AwsPlatformArgs = CloudRequest & { readonly settings: AwsSettings };

/** Builds everything that `needs` asks for and the settings do not bring. */
export class AwsPlatform extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #provider: pulumi.ProviderResource;

  constructor(name: string, args: AwsPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:aws:Platform", name, {}, opts);
    const { settings, size, namespace, labels, lifecycle, needs, roots } = args;
    this.#provider = awsProvider(name, settings, args.stack, this);
    const scope = this.#cloud(name, args);

    const net = network(scope, settings.network, settings.cluster);
    const key = encryptionKey(scope);
    const eks = cluster(scope, settings.cluster, net, key);
    const within = { size, network: net, key, clients: eks.securityGroupId };
    const database = needs.database
      ? postgres(scope, { ...within, settings: settings.database, namespace, roots: roots.database })
      : undefined;
    const cache =
      needs.redis && settings.redis.kind === "new"
        ? redis(scope, { ...within, version: settings.redis.version })
        : undefined;

    const files = needs.sharedVolume
      ? sharedFiles(scope, { ...within, cluster: eks }, settings.cluster.kind)
      : undefined;
    const issuer = args.externalSecrets ? tokenIssuer(scope, settings.cluster, eks) : undefined;
    const own = ownFacts(scope, args, eks, key.arn, cache, issuer);
    const access = madeCluster(own, eks.identifier);
    this.kubeconfig = access.kubeconfig;
    this.kubernetes = clusterProvider(name, access, this, eks.ready, args.reach);
    const inside = this.#inside(name);
    // What the drain waits for is deleted by drivers and routes that must still be there.
    const kept = [...eks.ready, ...(files?.ready ?? [])];
    const shared = sharedObjects(name, { ...args, cluster: settings.cluster.kind }, inside, kept);
    const last = { parent: inside, dependsOn: [shared.drain] };
    const policies = settings.cluster.kind === "new" ? [policyController(name, args.labels, last)] : [];
    const storage = [
      blockStorage(name, { lifecycle, labels, cluster: settings.cluster.kind }, last),
      ...(files ? [sharedStorageClass(scope, files, labels, last)] : []),
    ];
    const admin = database?.password ? [databaseAdmin(name, args, database.password, last)] : [];
    this.escrow = new SecretsManagerEscrow(this.#provider, scope.suffix);
    const stores = args.externalSecrets ? [externalSecrets(name, args, last)] : [];
    const way = edge(scope, args, net, last);
    const records = settings.dns
      ? edgeRecords(scope, settings.dns.zoneId, args.edge.domain, way.address)
      : [];

    this.ready = [
      shared.namespace,
      shared.drain,
      ...policies,
      ...storage,
      ...(files?.ready ?? []),
      ...admin,
      ...(database?.ready ?? []),
      ...(cache?.ready ?? []),
      ...way.ready,
      ...stores,
      ...records,
    ];
    this.facts = platformFacts(args, eks, own, way.address, database);
    this.retained = retainedLines(args);
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#provider, request);
  }

  #cloud(name: string, { stack, lifecycle, settings }: AwsPlatformArgs): Scope {
    const parent = new pulumi.ComponentResource(
      "portolan:aws:Cloud",
      `${name}-cloud`,
      {},
      { parent: this, provider: this.#provider },
    );
    const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent }).hex;
    return { name, stack, region: settings.region, lifecycle, suffix, parent };
  }

  /** Children inherit the cluster's provider, which this component itself cannot have yet. */
  #inside(name: string): pulumi.ComponentResource {
    return new pulumi.ComponentResource(
      "portolan:aws:Cluster",
      `${name}-inside`,
      {},
      { parent: this, provider: this.kubernetes },
    );
  }
}
