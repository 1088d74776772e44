/** A stack cannot speak about an entry it no longer sees; so it asks its own last outputs, and the cluster, what it had. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Lifecycle } from "../providers/platform.ts";
import type { Problem } from "./problems.ts";

const tenantShape = z.looseObject({
  lifecycle: z.string().optional(),
  writeOnceKeys: z.string().nullish(),
});

const lastOutputs = z.looseObject({
  tenants: z.record(z.string(), tenantShape).default({}),
  platform: z
    .looseObject({ lifecycle: z.string(), cluster: z.looseObject({ identifier: z.string() }) })
    .optional(),
});

/** What the stack's last run left in its outputs; nothing after a run that failed before it had any. */
export interface LastRun {
  readonly tenants: readonly string[];
  /** Those of them that a production let go: nothing of theirs is protected. */
  readonly disposable: readonly string[];
  /** Those for whom Portolan made write-once keys. */
  readonly keyed: readonly string[];
  readonly lifecycle: string | undefined;
  /** The cluster as that run knew it. */
  readonly clusterIdentifier: string | undefined;
}

/** Asks the stack's own state. `fullName`: organization/project/stack. */
export async function lastRun(fullName: string): Promise<LastRun> {
  const self = new pulumi.StackReference("last-run", { name: fullName });
  const outputs = await new Promise<unknown>((resolve) => self.outputs.apply(resolve));
  const { tenants, platform } = lastOutputs.parse(outputs ?? {});
  return {
    tenants: Object.keys(tenants),
    disposable:
      platform?.lifecycle === "production"
        ? Object.keys(tenants).filter((slug) => tenants[slug]?.lifecycle === "disposable")
        : [],
    keyed: Object.keys(tenants).filter((slug) => tenants[slug]?.writeOnceKeys),
    lifecycle: platform?.lifecycle,
    clusterIdentifier: platform?.cluster.identifier,
  };
}

/**
 * In production every tenant that ever ran holds data: its entry stays, if only as `archived`. A stack that was
 * production until now is still treated so: making it, or the tenant alone, disposable and dropping the tenant are two steps.
 *
 * `inCluster`: tenants whose namespaces this stack made, which are there also when a failed run lost the outputs.
 */
export function droppedProblems(
  last: Pick<LastRun, "tenants" | "disposable" | "lifecycle">,
  inCluster: readonly string[],
  now: readonly string[],
  lifecycle: Lifecycle,
): Problem[] {
  if (lifecycle !== "production" && last.lifecycle !== "production") return [];
  return [...new Set([...last.tenants, ...inCluster])]
    .filter((slug) => !now.includes(slug) && !last.disposable.includes(slug))
    .map((slug) => ({
      key: `portolan:tenants.${slug}`,
      allowed: "an entry, because this tenant holds data in production",
      remedy:
        "put the entry back with `state: archived`: the workload goes, data and keys stay; to delete the data for good, add `lifecycle: disposable` too, `pulumi up`, and then remove the entry",
    }));
}
