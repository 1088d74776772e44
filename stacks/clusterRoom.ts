/** Tenants of cells, which a base does not see in its own stack: its cluster knows them. */
import * as pulumi from "@pulumi/pulumi";
import type { Reach } from "../providers/cloud.ts";
import { type CloudConfig, cloudOf } from "./clouds/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Stack } from "./config.ts";
import { storesIn } from "./externalChecks.ts";
import { StackFileError } from "./problems.ts";
import { checkRoom, limitUse } from "./sharedLimits.ts";

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

/** Ends the run where the cells' tenants leave no room. */
export async function refuseFull(
  cluster: Pick<Cluster, "tenantsOn">,
  { name, app, file }: Pick<Stack, "name" | "app" | "file">,
  config: CloudConfig,
): Promise<void> {
  const cloud = cloudOf(config);
  const { size, lifecycle } = config;
  const use = limitUse(app, size, lifecycle, file.edge.tcpOpen.length, storesIn(file.secrets));
  const tenants = { own: Object.keys(file.tenants), others: await cluster.tenantsOn(name, name) };
  const { problems, warnings } = checkRoom(cloud.limits(use), tenants, cloud.estimate(use));
  if (problems.length > 0) throw new pulumi.RunError(new StackFileError(problems).message);
  for (const warning of warnings) await pulumi.log.warn(warning);
}
