/** What every cluster that the platform made gets beside its own services; the same on each cloud. */
export { type DrainArgs, type DrainKind, drain } from "./drain.ts";
export { type EdgeAddons, type EdgeAddonsArgs, edgeAddons } from "./edge.ts";
export { externalSecrets, readerAccount, tenantStore } from "./externalSecrets.ts";
export { adminSecret, databaseAdmin, type SharedObjects, sharedObjects } from "./shared.ts";
export type { LoadBalancerSettings } from "./traefik.ts";
