/** What is wrong with a network or a cluster that the user brought, all of it at once. */
import type { Mistake } from "../mistakes.ts";
import type { NetworkSettings } from "./settings.ts";

/** `inNetwork`: whether the subnet is one of the network's. `found`: names of its secondary ranges, when told. */
export function networkMistakes(
  settings: Extract<NetworkSettings, { kind: "existing" }>,
  inNetwork: boolean,
  found: readonly string[] = [],
): Mistake[] {
  const { network, subnetwork, podRange, serviceRange } = settings;
  if (!inNetwork) {
    const allowed = `a subnet of ${network}`;
    return [
      { key: "network.subnet", value: subnetwork, allowed, remedy: "name the one that holds the nodes" },
    ];
  }
  const allowed = found.length > 0 ? found.join(" | ") : `a secondary range of ${subnetwork}, which has none`;
  const remedy = "name one of these, or add the range to the subnet";
  return Object.entries({ podRange, serviceRange }).flatMap(([key, range]) =>
    found.includes(range) ? [] : [{ key: `network.${key}`, value: range, allowed, remedy }],
  );
}

/** By id or by URL. */
interface Place {
  readonly network: string;
  readonly subnet: string;
}

/** `found`: where the cluster is; `named`: ids of the network and the subnet that the stack file names. */
export function clusterMistakes(
  cluster: string,
  hasWorkloadIdentity: boolean,
  found: Place,
  named: Place,
): Mistake[] {
  const identity: Mistake = {
    key: "cluster.name",
    value: cluster,
    allowed: "a cluster with workload identity, by which tenants open their buckets",
    remedy: "switch it on, or choose platform kind `existing` with the cluster's context",
  };
  return [
    ...(hasWorkloadIdentity ? [] : [identity]),
    ...elsewhere("name", `the VPC of cluster ${cluster}`, found.network, named.network),
    ...elsewhere("subnet", `the subnet of cluster ${cluster}`, found.subnet, named.subnet),
  ];
}

function elsewhere(key: string, what: string, found: string, named: string): Mistake[] {
  if (found === named || found.endsWith(`/${named}`)) return [];
  const remedy = "name it: the way to database and Redis must be where the pods are";
  return [{ key: `network.${key}`, value: lastPart(named), allowed: `${what}: ${lastPart(found)}`, remedy }];
}

function lastPart(id: string): string {
  return id.split("/").at(-1) ?? id;
}
