/** What a stack file says of AWS, in the provider's own words. Whatever a user brings is not made. */
import type { BroughtDatabase, BroughtRedis } from "../brought.ts";

export type NetworkSettings =
  | { readonly kind: "new"; readonly cidr: string }
  | {
      readonly kind: "existing";
      readonly vpcId: string;
      /** Nodes, database and cache: in at least two zones. */
      readonly privateSubnetIds: readonly string[];
      /** The edge's load balancer. */
      readonly publicSubnetIds: readonly string[];
    };

export type ClusterSettings =
  | {
      readonly kind: "new";
      readonly version: string;
      /** `cidrs`: who may call a public endpoint; empty: everyone, which production refuses. */
      readonly endpoint: { readonly access: "private" | "public"; readonly cidrs: readonly string[] };
      /** ARNs of roles (with their path) that administer the cluster; none: whoever makes it. */
      readonly adminRoles: readonly string[];
      /** Addresses of Services; undefined: EKS takes a range that the VPC does not use. */
      readonly serviceCidr: string | undefined;
    }
  /** A cluster in Auto Mode that whoever runs the engine administers already. */
  | { readonly kind: "existing"; readonly name: string };

export type DatabaseSettings = { readonly kind: "new"; readonly version: string } | BroughtDatabase;

export type RedisSettings = { readonly kind: "new"; readonly version: string } | BroughtRedis;

export interface AwsSettings {
  readonly region: string;
  /** The only account that may be changed; undefined: whichever the credentials are for. */
  readonly account: string | undefined;
  readonly network: NetworkSettings;
  readonly cluster: ClusterSettings;
  readonly database: DatabaseSettings;
  readonly redis: RedisSettings;
  /** A public hosted zone that holds the edge's domain. */
  readonly dns: { readonly zoneId: string } | undefined;
}
