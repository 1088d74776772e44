/** Accounts that tenants' entries name: missing where Portolan makes none, in vain where it makes them. */
import type { App } from "../apps/app.ts";
import { type ExistingConfig, isCloud, type PlatformConfig } from "./platformVocabulary.ts";
import type { Problem } from "./problems.ts";
import type { Parts } from "./values.ts";
import type { TenantConfig } from "./vocabulary.ts";

const services = ["database", "redis", "objectStore"] as const;
type Service = (typeof services)[number];

export function checkGiven({ platform, tenants, secrets }: Parts, app: App): Problem[] {
  if (!platform) return [];
  return Object.entries(tenants).flatMap(([slug, tenant]) => {
    if (platform.kind === "existing") {
      const secret = secrets?.kind === "external" ? undefined : tenant.secret;
      const names = tenant.database ?? tenant.redis ?? tenant.objectStore ?? secret;
      return [...missingOn(platform, app, slug, tenant), ...(names ? checkNamespace(slug, tenant) : [])];
    }
    const account = redisAccount(platform, app);
    const made = account === "none" ? services : services.filter((service) => service !== "redis");
    return [
      ...made.flatMap((service) => inVain(platform, app, slug, service, tenant[service])),
      ...(account === "needed" && !tenant.redis ? [missingRedis(slug)] : []),
      ...(account !== "none" && tenant.redis ? checkNamespace(slug, tenant, makesCluster(platform)) : []),
    ];
  });
}

/** Whether a tenant names one. `base`: the base's facts say, and the provider refuses what is missing or in vain. */
function redisAccount(platform: PlatformConfig, app: App): "needed" | "none" | "base" {
  if (!isCloud(platform) || !app.needs.redis) return "none";
  if (platform.on !== undefined) return "base";
  return platform.redis.host === undefined ? "none" : "needed";
}

function makesCluster(platform: PlatformConfig): boolean {
  return isCloud(platform) && platform.on === undefined && platform.cluster.name === undefined;
}

/** With platform kind `existing`, a tenant without an account made for it names its own. */
function missingOn(platform: ExistingConfig, app: App, slug: string, tenant: TenantConfig): Problem[] {
  const problems: Problem[] = [];
  if (app.needs.database && !platform.database?.admin && !tenant.database)
    problems.push(missing(slug, "database", "or portolan:platform.database.admin so that one is made"));
  if (app.needs.redis && !tenant.redis) problems.push(missingRedis(slug));
  if (app.needs.objectStore && !tenant.objectStore)
    problems.push(missing(slug, "objectStore", "because Portolan makes no bucket here"));
  return problems;
}

function missing(slug: string, service: Service, because: string): Problem {
  return {
    key: `portolan:tenants.${slug}.${service}`,
    allowed: `the tenant's account and the Secret that holds it, ${because}`,
    remedy: "add it",
  };
}

function missingRedis(slug: string): Problem {
  return missing(slug, "redis", "because Portolan makes no accounts on this Redis");
}

function inVain(
  platform: PlatformConfig,
  app: App,
  slug: string,
  service: Service,
  value: TenantConfig[Service],
): Problem[] {
  if (!value) return [];
  const key = `portolan:tenants.${slug}.${service}`;
  if (!app.needs[service]) {
    const allowed = `nothing, with application ${app.name}, which needs none`;
    return [{ key, value, allowed, remedy: "leave it out" }];
  }
  const own = service === "redis" && isCloud(platform);
  return [
    {
      key,
      value,
      allowed: `nothing, with platform kind ${platform.kind}${own ? " and no portolan:platform.redis.host" : ""}`,
      remedy: "leave it out: the platform makes the tenant's own",
    },
  ];
}

function checkNamespace(slug: string, { namespace }: TenantConfig, clusterIsMade = false): Problem[] {
  if (namespace) return [];
  const remedy = "make the namespace and the Secrets first, then name it here";
  return [
    {
      key: `portolan:tenants.${slug}.namespace`,
      allowed: "the namespace in which the Secrets you named are",
      remedy: clusterIsMade
        ? `${remedy}; for that, the first \`pulumi up\` makes the cluster without this tenant`
        : remedy,
    },
  ];
}
