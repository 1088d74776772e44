/** What bounds the number of tenants on one platform, whichever stack declares them. */
import type { Lifecycle, Needs, SharedLimit, Size } from "./platform.ts";

/** What the bounds follow from. */
export interface LimitUse {
  readonly needs: Needs;
  readonly size: Size;
  readonly lifecycle: Lifecycle;
  /** Pods of a tenant that nobody calls: each holds its connections to the database. */
  readonly pods: number;
  /** Ports that the platform opens for the tenants of its cells. */
  readonly openPorts: number;
  /** Whether tenants' secrets are in the cloud's secret manager, and each tenant has an identity that reads its own. */
  readonly externalSecrets: boolean;
}

/**
 * Namespaces up to which Kubernetes keeps its own promises (kubernetes/community,
 * sig-scalability/configs-and-limits/thresholds.md: 10,000). Twenty for the cluster's and the platform's own.
 */
export const namespaces: SharedLimit = {
  name: "namespaces",
  what: "namespaces of a cluster (Kubernetes, scalability thresholds)",
  allows: 10_000,
  platform: 20,
  tenant: 1,
  raise: null,
};

/**
 * Connections of the shared server, where the application says how many a pod holds. At their most, pods hold three
 * times as many: not all tenants are at their most together, and nothing here promises that they may be.
 */
export function connections(
  { needs, pods }: LimitUse,
  server: { readonly what: string; readonly allows: number; readonly reserved: number },
): SharedLimit[] {
  const each = (needs.database?.connections ?? 0) * pods;
  if (each === 0) return [];
  return [
    {
      name: "databaseConnections",
      what: `connections of the database server (${server.what})`,
      allows: server.allows,
      platform: server.reserved,
      tenant: each,
      raise: "choose a larger portolan:platform.size",
    },
  ];
}

/**
 * Ports of the edge's load balancer: two for HTTP and HTTPS, one for each TCP service of a tenant, and those that are
 * opened for cells.
 */
export function balancerPorts(
  { needs, openPorts }: LimitUse,
  balancer: { readonly what: string; readonly allows: number },
): SharedLimit[] {
  const each = needs.tcp?.length ?? 0;
  return each === 0
    ? []
    : [
        {
          name: "balancerPorts",
          ...balancer,
          platform: 2 + openPorts,
          tenant: each,
          raise: null,
        },
      ];
}
