/** What AWS allows once for a platform and each tenant takes a part of, with where each number was read. */
import { balancerPorts, connections, type LimitUse, namespaces } from "../limits.ts";
import type { SharedLimit, Size } from "../platform.ts";
import type { AwsSettings } from "./settings.ts";
import { sizes } from "./sizes.ts";

/** Quotas that AWS raises on request; the stack file says to what. */
export interface AwsQuotas {
  readonly redisUsers?: number | undefined;
  readonly roles?: number | undefined;
}

/** Network Load Balancer, quotas: "Listeners per Network Load Balancer" (L-57A373D6), not adjustable. */
export const listenersPerBalancer = 50;

/** ElastiCache, quotas: "Users per user group" (L-943F0F1C), adjustable. */
export const usersPerGroup = 100;

export function awsLimits(
  settings: Pick<AwsSettings, "database" | "redis">,
  quotas: AwsQuotas,
  use: LimitUse,
): readonly SharedLimit[] {
  const { needs, size } = use;
  return [
    ...(needs.redis && settings.redis.kind === "new" ? [redisUsers(quotas)] : []),
    ...(needs.objectStore ? [podIdentities] : []),
    ...roles(quotas, use),
    ...(settings.database.kind === "new" ? connections(use, rds(size)) : []),
    ...balancerPorts(use, {
      what: "listeners of a Network Load Balancer (AWS)",
      allows: listenersPerBalancer,
    }),
    namespaces,
  ];
}

/** One of them is `default`, who may do nothing. */
function redisUsers(quotas: AwsQuotas): SharedLimit {
  return {
    name: "redisUsers",
    what: "users of the cache's user group (ElastiCache; a cache has one group)",
    allows: quotas.redisUsers ?? usersPerGroup,
    platform: 1,
    tenant: 1,
    raise: "have AWS raise quota L-943F0F1C and say so in portolan:platform.quotas.redisUsers",
  };
}

/** EKS user guide, "EKS Pod Identity", limits: 5,000 associations a cluster, not adjustable. */
const podIdentities: SharedLimit = {
  name: "podIdentities",
  what: "Pod Identity associations of a cluster (EKS)",
  allows: 5000,
  platform: 2,
  tenant: 1,
  raise: null,
};

/**
 * One for the bucket, one for the secret. IAM, quotas: 1,000 roles an account, adjustable to 5,000; whatever else the
 * account has comes on top. The platform's own: cluster, nodes, logs, EFS, and AWS's service-linked ones, about 20.
 */
function roles(quotas: AwsQuotas, { needs, externalSecrets }: LimitUse): SharedLimit[] {
  const tenant = (needs.objectStore ? 1 : 0) + (externalSecrets ? 1 : 0);
  if (tenant === 0) return [];
  return [
    {
      name: "roles",
      what: "roles of an account (IAM)",
      allows: quotas.roles ?? 1000,
      platform: 20,
      tenant,
      raise: "have AWS raise the quota of roles, up to 5000, and say so in portolan:platform.quotas.roles",
    },
  ];
}

/** GiB of memory (RDS user guide, "DB instance classes"). */
const memory: Readonly<Record<string, number>> = {
  "db.t4g.medium": 4,
  "db.m7g.large": 8,
  "db.m7g.2xlarge": 32,
};

/**
 * RDS user guide, "Quotas and constraints", maximum connections of PostgreSQL: LEAST({DBInstanceClassMemory/9531392},
 * 5000). RDS takes its own part off that memory first, so a real server has some percent fewer. Five are kept for
 * superusers (superuser_reserved_connections, rds.rds_superuser_reserved_connections).
 */
function rds(size: Size): { what: string; allows: number; reserved: number } {
  const { instanceClass } = sizes[size].database;
  const bytes = (memory[instanceClass] ?? 0) * 1024 ** 3;
  return {
    what: `RDS ${instanceClass}`,
    allows: Math.min(Math.floor(bytes / 9_531_392), 5000),
    reserved: 5,
  };
}
