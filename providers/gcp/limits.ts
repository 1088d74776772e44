/**
 * What Google Cloud allows once for a platform and each tenant takes a part of, with where each number was read. The
 * hundred service accounts of a project are no such limit: tenants have none, their buckets name their ServiceAccounts
 * in the cluster (identity.ts).
 */
import { connections, type LimitUse, namespaces } from "../limits.ts";
import type { SharedLimit, Size } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";
import { databaseTier, sizes } from "./sizes.ts";

export function gcpLimits(settings: Pick<GcpSettings, "database">, use: LimitUse): readonly SharedLimit[] {
  return [
    ...(settings.database.kind === "new" ? connections(use, cloudSql(use.size)) : []),
    ...(use.externalSecrets ? [policyMembers] : []),
    namespaces,
  ];
}

/**
 * IAM API, Policy.bindings: 1,500 members a policy, each as often as it occurs. A tenant's reader of its secret is one
 * (externalSecrets.ts). About thirty are service agents and the nodes' account.
 */
const policyMembers: SharedLimit = {
  name: "policyMembers",
  what: "members of the project's policy (Google Cloud IAM)",
  allows: 1500,
  platform: 30,
  tenant: 1,
  raise: null,
};

/** Cloud SQL for PostgreSQL, flags, default of max_connections: from so many GiB on, so many connections. */
const steps = [
  { gib: 120, connections: 1000 },
  { gib: 60, connections: 800 },
  { gib: 30, connections: 600 },
  { gib: 15, connections: 500 },
  { gib: 7.5, connections: 400 },
  { gib: 6, connections: 200 },
  { gib: 3.75, connections: 100 },
] as const;

/** Three are kept for superusers (superuser_reserved_connections). */
function cloudSql(size: Size): { what: string; allows: number; reserved: number } {
  const gib = sizes[size].database.memory / 1024;
  const allows = steps.find((step) => gib >= step.gib)?.connections ?? 50;
  return { what: `Cloud SQL ${databaseTier(size)}`, allows, reserved: 3 };
}
