/** What a stack file says of Azure, in the provider's own words. Whatever a user brings is not made. */
import type { BroughtDatabase, BroughtRedis } from "../brought.ts";

export type NetworkSettings =
  | { readonly kind: "new"; readonly cidr: string }
  | {
      readonly kind: "existing";
      /** Full ids of subnets of one virtual network. */
      readonly nodeSubnetId: string;
      /** Delegated to Microsoft.DBforPostgreSQL/flexibleServers, and nothing else in it; needed for a new database. */
      readonly databaseSubnetId: string | undefined;
      readonly endpointSubnetId: string;
    };

/** Full ids of private DNS zones that are linked to the network already. */
export interface PrivateZones {
  readonly database: string | undefined;
  readonly redis: string | undefined;
  readonly blob: string | undefined;
  readonly file: string | undefined;
  readonly vault: string | undefined;
}

/** How `kubelogin` proves who runs the engine. */
export const logins = ["azurecli", "azd", "devicecode", "msi", "spn", "workloadidentity"] as const;
export type Login = (typeof logins)[number];

export interface Entrance {
  /** Of the cluster and the vault. `cidrs`: who may call a public endpoint; empty: everyone, which production refuses. */
  readonly endpoint: { readonly access: "private" | "public"; readonly cidrs: readonly string[] };
  /** Entra groups whose members administer the cluster and the vault; whoever runs the engine is in one of them. */
  readonly adminGroupObjectIds: readonly string[];
}

export type ClusterSettings =
  | (Entrance & {
      readonly kind: "new";
      readonly version: string;
      readonly podCidr: string;
      readonly serviceCidr: string;
      /** How nodes reach the world: by the cluster's own load balancer, or by the routes of the user's subnet. */
      readonly outbound: "loadBalancer" | "userDefinedRouting";
    })
  /**
   * A cluster with OIDC issuer and workload identity that whoever runs the engine administers already. The entrance is
   * that of the vault alone.
   */
  | (Entrance & { readonly kind: "existing"; readonly name: string; readonly resourceGroup: string });

export type DatabaseSettings =
  | {
      readonly kind: "new";
      readonly version: string;
      /** GiB, no less than it is by now. Undefined: begins with the size's, and grows by itself. */
      readonly storage: number | undefined;
      /** Fixed when the server is made. */
      readonly geoRedundantBackup: boolean;
    }
  | BroughtDatabase;

export type RedisSettings =
  /**
   * `prefix`: one cache whose key every tenant has, so that only convention keeps them apart; a tenant can read all of
   * it. `instance`: a cache for each tenant, each at the price of one.
   */
  { readonly kind: "new"; readonly isolation: "prefix" | "instance" } | BroughtRedis;

/** A vault of the user's own, for example the one that an earlier state knew. */
export interface VaultSettings {
  readonly name: string;
  readonly resourceGroup: string;
}

export interface AzureSettings {
  readonly region: string;
  /** Undefined: the credentials' own. */
  readonly subscriptionId: string | undefined;
  /** Of the region; empty where it has none. */
  readonly zones: readonly string[];
  readonly network: NetworkSettings;
  readonly privateZones: PrivateZones;
  readonly cluster: ClusterSettings;
  readonly login: Login;
  readonly database: DatabaseSettings;
  readonly redis: RedisSettings;
  /** Undefined: one is made. */
  readonly vault: VaultSettings | undefined;
  /** The edge's load balancer: with an address of the world, or one of the network's. */
  readonly loadBalancer: "public" | "internal";
  /** A public DNS zone that holds the edge's domain. */
  readonly dns: { readonly zone: string; readonly resourceGroup: string } | undefined;
}
