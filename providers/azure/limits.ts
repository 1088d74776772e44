/**
 * What Azure allows once for a platform and each tenant takes a part of, with where each number was read. Federated
 * credentials (20 an identity) and containers are no such limit: each tenant has an identity with one credential, and a
 * storage account holds any number of containers.
 */
import { balancerPorts, connections, type LimitUse, namespaces } from "../limits.ts";
import type { SharedLimit } from "../platform.ts";
import type { AzureSettings } from "./settings.ts";
import { sizeOf } from "./sizes.ts";

export function azureLimits(
  settings: Pick<AzureSettings, "database">,
  use: LimitUse,
): readonly SharedLimit[] {
  const { size, lifecycle } = use;
  return [
    ...roleAssignments(use),
    ...(settings.database.kind === "new"
      ? connections(use, flexibleServer(sizeOf(size, lifecycle).database.sku))
      : []),
    // cloud-provider-azure, "Multiple Standard LoadBalancers": 300 rules a network interface, so 300 ports a cluster.
    ...balancerPorts(use, { what: "rules of a node's network interface (Azure Load Balancer)", allows: 300 }),
    namespaces,
  ];
}

/**
 * Azure RBAC, limits: 4,000 role assignments a subscription, never raised. The platform's own are about ten; a tenant
 * has one on its container, and one on its secret where that is in a vault.
 */
function roleAssignments({ needs, externalSecrets }: LimitUse): SharedLimit[] {
  const tenant = (needs.objectStore ? 1 : 0) + (externalSecrets ? 1 : 0);
  if (tenant === 0) return [];
  return [
    {
      name: "roleAssignments",
      what: "role assignments of a subscription (Azure)",
      allows: 4000,
      platform: 10,
      tenant,
      raise: null,
    },
  ];
}

/** Azure Database for PostgreSQL flexible server, limits: maximum connections by product; 15 are kept for Azure. */
const maxConnections: Readonly<Record<string, number>> = {
  Standard_D2ds_v5: 859,
  Standard_D4ds_v5: 1718,
  Standard_D8ds_v5: 3437,
};

function flexibleServer(sku: string): { what: string; allows: number; reserved: number } {
  return { what: `flexible server ${sku}`, allows: maxConnections[sku] ?? 0, reserved: 15 };
}
