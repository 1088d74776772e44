/** What a stack file says of Google Cloud, in the provider's own words. Whatever a user brings is not made. */
import type { BroughtDatabase, BroughtRedis } from "../brought.ts";

export type NetworkSettings =
  | {
      readonly kind: "new";
      /** CIDRs of nodes, pods, Services, and of the range whose first eight Redis gets. */
      readonly nodes: string;
      readonly pods: string;
      readonly services: string;
      readonly googleServices: string;
    }
  | {
      readonly kind: "existing";
      readonly network: string;
      readonly subnetwork: string;
      /** Names of the subnet's secondary ranges. */
      readonly podRange: string;
      readonly serviceRange: string;
      /** Whether private services access is set up: a VPC has one connection, which is never this stack's to make. */
      readonly privateServices: boolean;
    };

/** How the control plane is reached: by its DNS name and IAM, or by its address from allow-listed ranges. */
export type ControlPlaneAccess =
  | { readonly kind: "dns" }
  | { readonly kind: "ip"; readonly sources: readonly string[] };

export type ClusterSettings =
  | {
      readonly kind: "new";
      readonly channel: "RAPID" | "REGULAR" | "STABLE" | "EXTENDED";
      readonly access: ControlPlaneAccess;
      /** Whether Secrets are encrypted by a key of Cloud KMS as well; undefined: in production. */
      readonly ownKey: boolean | undefined;
    }
  /** A cluster with workload identity that whoever runs the engine may administer. `location`: region or zone. */
  | {
      readonly kind: "existing";
      readonly name: string;
      readonly location: string;
      readonly access: "dns" | "ip";
    };

export type DatabaseSettings = { readonly kind: "new"; readonly version: string } | BroughtDatabase;

export type RedisSettings =
  /** `prefix`: one for all tenants. `instance`: one each, which each costs its own price. */
  | { readonly kind: "new"; readonly version: string; readonly isolation: "prefix" | "instance" }
  | BroughtRedis;

export interface GcpSettings {
  readonly project: string;
  readonly region: string;
  readonly network: NetworkSettings;
  readonly cluster: ClusterSettings;
  readonly database: DatabaseSettings;
  readonly redis: RedisSettings;
  /** Name of a managed zone of this project that holds the edge's domain. */
  readonly dns: { readonly zone: string } | undefined;
}
