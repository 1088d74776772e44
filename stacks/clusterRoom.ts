/** Whether a platform that is built has room for its tenants, those of cells included, whom its cluster knows. */
import * as pulumi from "@pulumi/pulumi";
import type { App } from "../apps/app.ts";
import type { Reach } from "../providers/cloud.ts";
import { Refusal } from "../providers/mistakes.ts";
import type { MonthlyEstimate, SharedLimit } from "../providers/platform.ts";
import { type CloudConfig, cloudOf } from "./clouds/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Stack } from "./config.ts";
import { storesIn } from "./externalChecks.ts";
import { isCloud } from "./platformVocabulary.ts";
import { StackFileError } from "./problems.ts";
import { checkRoom, limitUse, type Room, sharedSlugs } from "./sharedLimits.ts";
import type { Parts } from "./values.ts";

/** What bounds the tenants of a platform that a stack builds, and what another such platform costs. */
export function boundsOf(
  config: CloudConfig,
  app: App,
  { edge, secrets }: Pick<Parts, "edge" | "secrets">,
): { readonly limits: readonly SharedLimit[]; readonly estimate: MonthlyEstimate | undefined } {
  const cloud = cloudOf(config);
  const use = limitUse(app, config.size, config.lifecycle, edge?.tcpOpen.length, storesIn(secrets));
  return { limits: cloud.limits(use), estimate: cloud.estimate(use) };
}

/** As far as a stack file tells, of a platform that the stack builds. A cell asks its base, which is asked later. */
export function roomFor(parts: Parts, app: App): Room {
  const { platform, tenants } = parts;
  if (!platform || !isCloud(platform) || platform.on) return { problems: [], warnings: [] };
  const { limits, estimate } = boundsOf(platform, app, parts);
  return checkRoom(limits, { own: Object.keys(tenants), others: [] }, estimate);
}

/**
 * Lets a base's kubeconfig through once its cells' tenants leave room for its own. A first run has no cells yet, and a
 * preview asks nobody.
 */
export function unlessFull(stack: Stack, config: CloudConfig): Reach {
  if (pulumi.runtime.isDryRun() || !stack.stoodBefore) return (kubeconfig) => kubeconfig;
  return (kubeconfig) =>
    kubeconfig.apply(async (text) => {
      const { Cluster } = await import("./cluster.ts");
      await refuseFull(Cluster.of(text), stack, config);
      return text;
    });
}

/** Ends the run where a cell has a tenant of one of its slugs, or the cells' tenants leave no room. */
export async function refuseFull(
  cluster: Pick<Cluster, "tenantsOn">,
  { name, app, file }: Pick<Stack, "name" | "app" | "file">,
  config: CloudConfig,
): Promise<void> {
  const { limits, estimate } = boundsOf(config, app, file);
  const tenants = { own: Object.keys(file.tenants), others: await cluster.tenantsOn(name, name) };
  const room = checkRoom(limits, tenants, estimate);
  const problems = [...sharedSlugs(tenants, name), ...room.problems];
  if (problems.length > 0) throw new Refusal(new StackFileError(problems).message);
  for (const warning of room.warnings) await pulumi.log.warn(warning);
}
