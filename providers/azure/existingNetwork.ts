/** A network that the user brings: looked at, never changed. */
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/index.js";
import { getVirtualNetworkOutput } from "@pulumi/azure-native/network/index.js";
import * as pulumi from "@pulumi/pulumi";
import { overlap, parseCidr } from "../cidr.ts";
import { type Mistake, refuse } from "../mistakes.ts";
import type { Scope } from "./scope.ts";
import type { ClusterSettings, NetworkSettings } from "./settings.ts";
import { networkOf } from "./subnetIds.ts";

export const databaseDelegation = "Microsoft.DBforPostgreSQL/flexibleServers";

/** The least that Flexible Server takes, /28 (Azure Database for PostgreSQL, networking). */
const databasePrefix = 28;

type Existing = Extract<NetworkSettings, { kind: "existing" }>;

/** What Azure says of a network, as far as it is looked at. */
export interface FoundNetwork {
  readonly location: string;
  readonly ranges: readonly string[];
  readonly subnets: readonly {
    readonly id: string;
    readonly ranges: readonly string[];
    /** Services that it is given over to. */
    readonly delegations: readonly string[];
  }[];
}

/**
 * The ids of the subnets, each passed on only when all of the network is fit. A network of another subscription, a hub's
 * for example, cannot be asked for by this provider: it is taken at its word.
 */
export function checkedSubnets(
  scope: Scope,
  settings: Existing,
  cluster: ClusterSettings,
): { readonly [Key in "nodes" | "endpoints" | "database"]: pulumi.Output<string> } {
  const { nodeSubnetId, endpointSubnetId, databaseSubnetId = "" } = settings;
  const [, subscription = "", resourceGroupName = "", virtualNetworkName = ""] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/virtualNetworks\/([^/]+)/i.exec(nodeSubnetId) ??
    [];
  const invoke = { parent: scope.parent };
  const checked = getClientConfigOutput(invoke).apply(({ subscriptionId }) => {
    if (subscriptionId?.toLowerCase() !== subscription.toLowerCase()) return pulumi.output(true);
    return getVirtualNetworkOutput({ resourceGroupName, virtualNetworkName }, invoke).apply((found) => {
      refuse(networkMistakes(settings, cluster, scope.location, foundOf(found)));
      return true;
    });
  });
  const passed = (id: string) => checked.apply(() => id);
  return {
    nodes: passed(nodeSubnetId),
    endpoints: passed(endpointSubnetId),
    database: passed(databaseSubnetId),
  };
}

/** Everything that is wrong with it, at once. `region`: the platform's. */
export function networkMistakes(
  settings: Existing,
  cluster: ClusterSettings,
  region: string,
  found: FoundNetwork,
): Mistake[] {
  const { nodeSubnetId, endpointSubnetId, databaseSubnetId } = settings;
  const name = networkOf(nodeSubnetId).split("/").at(-1) ?? "";
  const plain = found.location.toLowerCase().replaceAll(" ", "");
  const elsewhere: Mistake[] =
    plain === region
      ? []
      : [
          {
            key: "region",
            value: region,
            allowed: `${plain}, where the network ${name} is`,
            remedy: "choose that region, or a network of this one",
          },
        ];
  return [
    ...elsewhere,
    ...subnetMistakes("network.nodeSubnetId", nodeSubnetId, false, found),
    ...subnetMistakes("network.endpointSubnetId", endpointSubnetId, false, found),
    ...(databaseSubnetId ? subnetMistakes("network.databaseSubnetId", databaseSubnetId, true, found) : []),
    ...(cluster.kind === "new" ? rangeMistakes(name, cluster, found) : []),
  ];
}

function subnetMistakes(key: string, id: string, database: boolean, { subnets }: FoundNetwork): Mistake[] {
  const subnet = subnets.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!subnet) {
    const names = subnets.map((one) => one.id.split("/").at(-1)).join(" | ");
    const allowed =
      names === "" ? "a subnet of that network, which has none" : `a subnet of that network: ${names}`;
    return [{ key, value: id, allowed, remedy: "name one of these, or add the subnet" }];
  }
  if (!database) {
    if (subnet.delegations.length === 0) return [];
    const allowed = `a subnet that is given over to no service; this one is to ${subnet.delegations.join(", ")}`;
    return [{ key, value: id, allowed, remedy: "name another" }];
  }
  const mistakes: Mistake[] = [];
  if (!subnet.delegations.includes(databaseDelegation)) {
    const given = subnet.delegations.join(", ") || "none";
    mistakes.push({
      key,
      value: id,
      allowed: `a subnet delegated to ${databaseDelegation}; this one is to ${given}`,
      remedy: `\`az network vnet subnet update --ids <id> --delegations ${databaseDelegation}\`, with nothing else in it`,
    });
  }
  const prefix = Math.min(...subnet.ranges.map((text) => parseCidr(text)?.prefix ?? 0));
  if (prefix > databasePrefix) {
    mistakes.push({
      key,
      value: id,
      allowed: `a subnet of /${databasePrefix} or larger; this one is a /${prefix}`,
      remedy: "name a larger one: the server, its standby and Azure itself take addresses of it",
    });
  }
  return mistakes;
}

function rangeMistakes(
  name: string,
  { podCidr, serviceCidr }: Extract<ClusterSettings, { kind: "new" }>,
  { ranges }: FoundNetwork,
): Mistake[] {
  return Object.entries({ podCidr, serviceCidr }).flatMap(([key, value]) => {
    const range = parseCidr(value);
    const taken = ranges.find((text) => {
      const other = parseCidr(text);
      return range && other && overlap(range, other);
    });
    if (!taken) return [];
    const allowed = `a range beside ${taken}, which is the network ${name}'s`;
    return [{ key: `cluster.${key}`, value, allowed, remedy: "choose another, e.g. 172.20.0.0/16" }];
  });
}

/** As the SDK gives it: a subnet has one prefix or several. */
export function foundOf(found: {
  location?: string;
  addressSpace?: { addressPrefixes?: string[] };
  subnets?: {
    id?: string;
    addressPrefix?: string;
    addressPrefixes?: string[];
    delegations?: { serviceName?: string }[];
  }[];
}): FoundNetwork {
  return {
    location: found.location ?? "",
    ranges: found.addressSpace?.addressPrefixes ?? [],
    subnets: (found.subnets ?? []).map(
      ({ id = "", addressPrefix, addressPrefixes = [], delegations = [] }) => ({
        id,
        ranges: [...(addressPrefix === undefined ? [] : [addressPrefix]), ...addressPrefixes],
        delegations: delegations.flatMap(({ serviceName }) => serviceName ?? []),
      }),
    ),
  };
}
