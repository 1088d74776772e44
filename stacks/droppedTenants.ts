/** A stack cannot speak about an entry it no longer sees; so it asks its own last outputs what it had. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Lifecycle } from "../providers/platform.ts";
import type { Problem } from "./problems.ts";

const lastOutputs = z.looseObject({
  tenants: z.record(z.string(), z.looseObject({ state: z.string() })).default({}),
  platform: z.looseObject({ cluster: z.looseObject({ identifier: z.string() }) }).optional(),
});

export interface LastRun {
  readonly problems: readonly Problem[];
  /** The cluster as the last `up` knew it. */
  readonly clusterIdentifier: string | undefined;
}

export async function checkDropped(
  fullName: string,
  slugs: readonly string[],
  lifecycle: Lifecycle,
): Promise<LastRun> {
  const last = await outputsOf(fullName);
  const clusterIdentifier = last.platform?.cluster.identifier;
  if (lifecycle !== "production") return { problems: [], clusterIdentifier };
  return { problems: droppedProblems(Object.keys(last.tenants), slugs), clusterIdentifier };
}

/** In production every tenant that ever ran holds data: its entry stays, if only as `archived`. */
export function droppedProblems(before: readonly string[], now: readonly string[]): Problem[] {
  return before
    .filter((slug) => !now.includes(slug))
    .map((slug) => ({
      key: `portolan:tenants.${slug}`,
      allowed: "an entry, because this tenant holds data in production",
      remedy:
        "put the entry back with `state: archived`: the workload goes, data and keys stay; to delete the data for good, see docs/tenants.md",
    }));
}

async function outputsOf(fullName: string): Promise<z.infer<typeof lastOutputs>> {
  const self = new pulumi.StackReference("last-run", { name: fullName });
  const outputs = await new Promise<unknown>((resolve) => self.outputs.apply(resolve));
  return lastOutputs.parse(outputs ?? {});
}
