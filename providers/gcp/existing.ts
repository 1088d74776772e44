/** What is wrong with something that the user brought, in the words of a stack file's mistakes. */
import { mistakeText } from "../mistakes.ts";
import type { NetworkSettings } from "./settings.ts";

/** Undefined where the subnet is one of the network's and has both ranges. `found`: its ranges' names, when told. */
export function missingRange(
  settings: Extract<NetworkSettings, { kind: "existing" }>,
  inNetwork: boolean,
  found: readonly string[] = [],
): string | undefined {
  const { network, subnetwork, podRange, serviceRange } = settings;
  if (!inNetwork) {
    return mistake(
      "network.subnet",
      subnetwork,
      `a subnet of ${network}`,
      "name the one that holds the nodes",
    );
  }
  const missing = { podRange, serviceRange };
  for (const [key, range] of Object.entries(missing)) {
    if (found.includes(range)) continue;
    const allowed =
      found.length > 0 ? found.join(" | ") : `a secondary range of ${subnetwork}, which has none`;
    return mistake(`network.${key}`, range, allowed, "name one of these, or add the range to the subnet");
  }
  return undefined;
}

/** Undefined where the cluster is in the network or subnet that is named. `found`: the cluster's, by id or URL; `id`: the one that is named. */
export function elsewhere(
  cluster: string,
  key: "name" | "subnet",
  found: string,
  id: string,
): string | undefined {
  if (found === id || found.endsWith(`/${id}`)) return undefined;
  const what = key === "name" ? "VPC" : "subnet";
  return mistake(
    `network.${key}`,
    lastPart(id),
    `the ${what} of cluster ${cluster}: ${lastPart(found)}`,
    "name it: the way to database and Redis must be where the pods are",
  );
}

function lastPart(id: string): string {
  return id.split("/").at(-1) ?? id;
}

export function mistake(key: string, value: string, allowed: string, remedy: string): string {
  return mistakeText({ key, value, allowed, remedy });
}
