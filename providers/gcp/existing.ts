/** What is wrong with a network or a cluster that the user brought, all of it at once. */
import type { Mistake } from "../mistakes.ts";
import type { ClusterSettings, NetworkSettings } from "./settings.ts";

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

/** What Google says of a cluster, as far as it is looked at. */
export interface FoundCluster extends Place {
  readonly hasWorkloadIdentity: boolean;
  /** Whether its DNS name lets in whom IAM does, from anywhere. */
  readonly opensByName: boolean;
}

/** `named`: ids of the network and the subnet that the stack file names. */
export function clusterMistakes(
  { name, access }: Pick<Extract<ClusterSettings, { kind: "existing" }>, "name" | "access">,
  found: FoundCluster,
  named: Place,
): Mistake[] {
  const identity: Mistake = {
    key: "cluster.name",
    value: name,
    allowed: "a cluster with workload identity, by which tenants open their buckets",
    remedy: "switch it on, or choose platform kind `existing` with the cluster's context",
  };
  const closed: Mistake = {
    key: "cluster.access",
    value: access,
    allowed: `ip: the DNS name of cluster ${name} is closed`,
    remedy: `choose ip, or open it: \`gcloud container clusters update ${name} --enable-dns-access\``,
  };
  return [
    ...(found.hasWorkloadIdentity ? [] : [identity]),
    ...(access === "ip" || found.opensByName ? [] : [closed]),
    ...elsewhere("name", `the VPC of cluster ${name}`, found.network, named.network),
    ...elsewhere("subnet", `the subnet of cluster ${name}`, found.subnet, named.subnet),
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
