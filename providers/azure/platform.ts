/** A platform on Azure: AKS, Flexible Server, Managed Redis, Blob Storage and what holds them together. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { databaseAdmin, externalSecrets, sharedObjects } from "../addons/index.ts";
import type { CloudRequest } from "../cloud.ts";
import { clusterProvider } from "../cluster.ts";
import type { KeyEscrow, Platform, PlatformFacts, TenantRequest, TenantServices } from "../platform.ts";
import { cluster } from "./cluster.ts";
import { kubeconfig } from "./clusterAccess.ts";
import { edgeRecords } from "./dns.ts";
import { edge, loadBalancer } from "./edge.ts";
import { externalVault } from "./externalSecrets.ts";
import { keyVault, vaultZone } from "./keys.ts";
import { network } from "./network.ts";
import { objectStore } from "./objectStore.ts";
import { ownFacts, platformFacts } from "./platformFacts.ts";
import { postgres } from "./postgres.ts";
import { sharedRedis } from "./redisPlatform.ts";
import { retainedLines } from "./retained.ts";
import { azureProvider, makeScope, unaliased } from "./scope.ts";
import { KeyVaultEscrow } from "./secrets.ts";
import type { AzureSettings } from "./settings.ts";
import { sharedStorage, sharedStorageClass } from "./sharedVolume.ts";
import { blockStorage } from "./storage.ts";
import { tenantServices } from "./tenantServices.ts";

export type AzurePlatformArgs = CloudRequest & { readonly settings: AzureSettings };

export class AzurePlatform extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #provider: pulumi.ProviderResource;

  constructor(name: string, args: AzurePlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:azure:Platform", name, {}, opts);
    const { settings, size, namespace, labels, lifecycle, needs, roots } = args;
    const { privateZones: zones } = settings;
    this.#provider = azureProvider(name, settings, this);
    const scope = makeScope(name, args, this.#part("Cloud", `${name}-cloud`, this.#provider));

    const net = network(scope, settings.network, settings.cluster);
    const zone = vaultZone(scope, { ...settings, externalSecrets: args.externalSecrets }, net);
    const vaults = { cluster: settings.cluster, network: net, zone };
    const vault = keyVault(scope, { ...vaults, settings: settings.vault });
    const aks = cluster(scope, { settings: settings.cluster, network: net, size });
    const database = needs.database
      ? postgres(scope, {
          settings: settings.database,
          size,
          namespace,
          network: net,
          zones,
          roots: roots.database,
        })
      : undefined;
    const redis = needs.redis ? sharedRedis(scope, settings, size, net) : undefined;
    const store = needs.objectStore ? objectStore(scope, net, zones.blob) : undefined;
    const files = needs.sharedVolume
      ? sharedStorage(scope, { cluster: aks, network: net, zoneId: zones.file })
      : undefined;
    const external = args.externalSecrets ? externalVault(scope, vaults) : undefined;
    const balancer = loadBalancer(scope, settings.loadBalancer, aks);

    this.escrow = new KeyVaultEscrow(vault.uri, this.#provider);
    const access = [...aks.ready, ...balancer.ready, ...(files?.ready ?? [])];
    this.kubeconfig = kubeconfig(
      { name: aks.name, resourceGroup: aks.resourceGroupName, login: settings.login },
      { parent: scope.parent, dependsOn: aks.ready },
    );
    const { identifier } = aks;
    this.kubernetes = clusterProvider(
      name,
      { kubeconfig: this.kubeconfig, identifier },
      this,
      access,
      args.reach,
    );
    const inside = this.#part("Cluster", `${name}-inside`, this.kubernetes);
    const shared = sharedObjects(name, { ...args, cluster: settings.cluster.kind }, inside, access);
    const last = { parent: inside, dependsOn: [shared.drain] };
    const volumes = { lifecycle, labels, zonal: scope.zones.length > 0 };
    const classes = [
      blockStorage(name, volumes, last),
      ...(files ? [sharedStorageClass(scope, files, volumes, last)] : []),
    ];
    const admin = database?.password ? [databaseAdmin(name, args, database.password, last)] : [];
    const way = edge(scope, args, balancer, last);
    const stores = external ? [externalSecrets(name, args, last), ...external.ready] : [];
    const records = settings.dns ? edgeRecords(scope, settings.dns, args.edge.domain, way.address) : [];

    this.ready = [
      shared.namespace,
      shared.drain,
      ...classes,
      ...(files?.ready ?? []),
      ...admin,
      ...vault.ready,
      ...(database?.ready ?? []),
      ...(redis?.ready ?? []),
      ...(store?.ready ?? []),
      ...way.ready,
      ...stores,
      ...records,
    ];
    const own = ownFacts(scope, args, { network: net, vault, cluster: aks, redis, store, external });
    this.facts = platformFacts(args, aks, own, way.address, database);
    this.retained = retainedLines(args);
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#provider, request);
  }

  /** Children inherit the provider, which this component itself cannot have yet. */
  #part(type: "Cloud" | "Cluster", name: string, provider: pulumi.ProviderResource): pulumi.Resource {
    return new pulumi.ComponentResource(
      `portolan:azure:${type}`,
      name,
      {},
      { parent: this, provider, transformations: [unaliased] },
    );
  }
}
