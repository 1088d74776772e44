/** Whether the tenants of a platform, its own and those of its cells, fit within what its services allow. Pure. */
import type { App } from "../apps/app.ts";
import { scaleOf } from "../components/sizes.ts";
import type { LimitUse } from "../providers/limits.ts";
import type { Lifecycle, MonthlyEstimate, SharedLimit, Size } from "../providers/platform.ts";
import type { Problem } from "./problems.ts";

/** Tenants by slug. One that is in both is counted once, as this stack's. */
export interface Tenants {
  readonly own: readonly string[];
  /** Of the base and of other cells, as far as somebody could be asked. */
  readonly others: readonly string[];
}

export interface Room {
  readonly problems: readonly Problem[];
  /** Said, and the run goes on: four fifths are taken. */
  readonly warnings: readonly string[];
}

const nearlyFull = 0.8;

/** `openPorts`: how many the base opens for its cells. `externalSecrets`: as of `storesIn`. */
export function limitUse(
  app: App,
  size: Size,
  lifecycle: Lifecycle,
  openPorts = 0,
  externalSecrets = false,
): LimitUse {
  const pods = scaleOf(size, lifecycle, "active").replicas;
  return { needs: app.needs, size, lifecycle, pods, openPorts, externalSecrets };
}

/** Tenants that a limit allows on one platform. */
export function roomOf({ allows, platform, tenant }: SharedLimit): number {
  return Math.floor((allows - platform) / tenant);
}

/** What carries a slug and not its application's name would be both tenants': database and role, bucket, cache user. */
export function sharedSlugs({ own, others }: Tenants, platform: string): Problem[] {
  return own
    .filter((slug) => others.includes(slug))
    .map((slug) => ({
      key: `portolan:tenants.${slug}`,
      value: slug,
      allowed: `a slug that no other stack has on the platform of stack ${platform}`,
      remedy: "a tenant is in one stack; choose another slug",
    }));
}

/** `estimate`: what a further platform of this kind costs, where that is known. */
export function checkRoom(
  limits: readonly SharedLimit[],
  tenants: Tenants,
  estimate: MonthlyEstimate | undefined,
): Room {
  const others = new Set(tenants.others.filter((slug) => !tenants.own.includes(slug))).size;
  const total = tenants.own.length + others;
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const limit of limits) {
    const room = roomOf(limit);
    const allowed = `${room} tenants on one platform, those of cells included: ${wordsOf(limit)}`;
    if (total > room) {
      problems.push({
        key: "portolan:tenants",
        value: others === 0 ? total : `${tenants.own.length} here, ${others} elsewhere on the platform`,
        allowed,
        remedy: remedyOf(limit, total - room, estimate),
      });
    } else if (total >= nearlyFull * room) {
      warnings.push(`portolan:tenants: ${total} of ${allowed}`);
    }
  }
  return { problems, warnings };
}

function wordsOf({ what, allows, platform, tenant }: SharedLimit): string {
  return `${allows} ${what}, of which the platform takes ${platform} and each tenant ${tenant}`;
}

function remedyOf({ raise }: SharedLimit, excess: number, estimate: MonthlyEstimate | undefined): string {
  const cost = estimate
    ? `, which costs at least ${estimate.amount} ${estimate.currency} a month by list prices of ${estimate.priced}`
    : "";
  const move = `put ${excess} of them on a new base, a stack with a platform of its own${cost}`;
  return raise === null ? move : `${raise}; or ${move}`;
}
