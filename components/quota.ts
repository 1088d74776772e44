/** Limits of a tenant's namespace, by size: one tenant cannot starve the others. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Size } from "../providers/platform.ts";
import { tenantSizes } from "./sizes.ts";

export interface TenantQuotaArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  readonly size: Size;
}

export class TenantQuota extends pulumi.ComponentResource {
  readonly limits: readonly pulumi.Resource[];

  constructor(name: string, args: TenantQuotaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:TenantQuota", name, {}, opts);
    const { namespace, labels } = args;
    const metadata = { name: "tenant", namespace, labels };
    const { cpu, memory, memoryLimit, pods } = tenantSizes[args.size].quota;
    const quota = new k8s.core.v1.ResourceQuota(
      `${name}-total`,
      {
        metadata,
        spec: {
          hard: {
            "requests.cpu": cpu,
            "requests.memory": memory,
            "limits.memory": memoryLimit,
            pods,
            // Ways in that would go around the edge.
            "services.nodeports": "0",
            "services.loadbalancers": "0",
          },
        },
      },
      { parent: this },
    );
    // A quota refuses containers that name no requests; charts of others often do not.
    const range = new k8s.core.v1.LimitRange(
      `${name}-default`,
      {
        metadata,
        spec: {
          limits: [
            {
              type: "Container",
              defaultRequest: { cpu: "10m", memory: "32Mi" },
              default: { memory: "256Mi" },
            },
          ],
        },
      },
      { parent: this },
    );
    this.limits = [quota, range];
    this.registerOutputs({});
  }
}
