/** A cache in which only convention keeps tenants apart: allowed, and said. Pure. */
import type { App } from "../apps/app.ts";
import { cloudOf } from "./clouds/index.ts";
import { isCloud } from "./platformVocabulary.ts";
import type { Parts } from "./values.ts";

/** Of a cache that the platform makes; on one that is there, each tenant names its own account. */
export function sharedCacheWarnings({ platform, tenants }: Parts, app: App): string[] {
  if (!platform || !isCloud(platform) || platform.on || platform.redis.host !== undefined) return [];
  const count = Object.keys(tenants).length;
  if (!app.needs.redis || platform.lifecycle !== "production" || count < 2) return [];
  if (!cloudOf(platform).offers.redis.every((isolation) => isolation === "prefix")) return [];
  return [
    `portolan:platform.redis.isolation: with prefix, each of ${count} tenants has the key of the whole cache, and could read ` +
      "and empty what the others have in it. Choose instance, a cache for each tenant and each at the price of one, or " +
      "name a server with accounts in portolan:platform.redis.host",
  ];
}
