/** Mistakes in a stack file for Azure that only show when keys are read together. */
import { sizeOf, surge } from "../../providers/azure/sizes.ts";
import { networkOf } from "../../providers/azure/subnetIds.ts";
import { overlap, parseCidr } from "../../providers/cidr.ts";
import { checkDatabase } from "../brought.ts";
import type { Problem } from "../problems.ts";
import type { AzureConfig } from "./azure.ts";

export function checkAzure(config: AzureConfig): Problem[] {
  return [
    ...checkNetwork(config),
    ...checkRanges(config),
    ...checkCluster(config),
    ...checkEndpoint(config),
    ...checkServices(config),
  ];
}

const path = (...keys: string[]) => ["portolan:platform", ...keys].join(".");

function checkNetwork({ network, cluster, database }: AzureConfig): Problem[] {
  const { cidr, nodeSubnetId, endpointSubnetId, databaseSubnetId } = network;
  if (!nodeSubnetId) {
    const strays = Object.entries({ endpointSubnetId, databaseSubnetId })
      .filter(([, id]) => id !== undefined)
      .map(([key, value]) => ({
        key: path("network", key),
        value,
        allowed: "nothing where the network is made",
        remedy: "name the nodes' subnet in network.nodeSubnetId, or remove it",
      }));
    if (!cluster.name) return strays;
    const allowed = `the subnet of the nodes of cluster ${cluster.name}`;
    const remedy = "name it: cache, store and database must stand where the pods are";
    return [...strays, { key: path("network", "nodeSubnetId"), allowed, remedy }];
  }
  const problems: Problem[] = [];
  if (cidr !== undefined)
    problems.push({
      key: path("network", "cidr"),
      value: cidr,
      allowed: "nothing beside nodeSubnetId: that network has its addresses",
      remedy: "remove one of them",
    });
  if (!endpointSubnetId)
    problems.push({
      key: path("network", "endpointSubnetId"),
      allowed: "a subnet of the same network for private endpoints",
      remedy: "name one; it may be the nodes' own",
    });
  if (!databaseSubnetId && !database.host)
    problems.push({
      key: path("network", "databaseSubnetId"),
      allowed: "a subnet delegated to Microsoft.DBforPostgreSQL/flexibleServers, /28 or larger",
      remedy: "name one, or name a database that is there already in database.host",
    });
  return [...problems, ...checkOneNetwork(nodeSubnetId, { endpointSubnetId, databaseSubnetId })];
}

function checkOneNetwork(nodes: string, others: Readonly<Record<string, string | undefined>>): Problem[] {
  const wanted = networkOf(nodes);
  return Object.entries(others)
    .filter(([, id]) => id !== undefined && networkOf(id).toLowerCase() !== wanted.toLowerCase())
    .map(([key, value]) => ({
      key: path("network", key),
      value,
      allowed: `a subnet of ${wanted}`,
      remedy: "private names are linked to one network: choose a subnet of the nodes'",
    }));
}

/** Ranges in the order in which the later one is to give way. */
function checkRanges(config: AzureConfig): Problem[] {
  const { network, cluster } = config;
  if (cluster.name) return [];
  const made = network.nodeSubnetId ? [] : [range("network.cidr", network.cidr ?? "10.64.0.0/16", 10, 24)];
  const named = [
    ...made,
    range("cluster.podCidr", cluster.podCidr, 8, 23),
    range("cluster.serviceCidr", cluster.serviceCidr, 12, 28),
  ];
  const problems = [...named.flatMap(({ problem }) => problem ?? []), ...checkPods(config)];
  for (const [index, later] of named.entries()) {
    const other = named
      .slice(0, index)
      .find((earlier) => earlier.range && later.range && overlap(earlier.range, later.range));
    if (!other) continue;
    problems.push({
      key: later.key,
      value: later.value,
      allowed: `a range beside ${other.key}, ${other.value}`,
      remedy: "choose another, e.g. 172.20.0.0/16",
    });
  }
  return problems;
}

/** Each node takes a /24 of the pods' addresses, those that come beside the others in an upgrade too. */
function checkPods({ cluster, size, lifecycle }: AzureConfig): Problem[] {
  const { max } = sizeOf(size, lifecycle).nodes;
  const nodes = max + Math.ceil(max * surge);
  const longest = 24 - Math.ceil(Math.log2(nodes));
  const prefix = parseCidr(cluster.podCidr)?.prefix;
  if (prefix === undefined || prefix <= longest || prefix > 23) return [];
  return [
    {
      key: path("cluster", "podCidr"),
      value: cluster.podCidr,
      allowed: `/${longest} or larger: ${nodes} nodes of size ${size}, a /24 for each`,
      remedy: "choose a larger range; it is fixed when the cluster is made",
    },
  ];
}

function range(part: string, value: string, shortest: number, longest: number) {
  const key = path(part);
  const parsed = parseCidr(value);
  const fits = parsed && parsed.prefix >= shortest && parsed.prefix <= longest;
  const problem: Problem = {
    key,
    value,
    allowed: `an IPv4 range in CIDR notation, without bits below its prefix, /${shortest} to /${longest}`,
    remedy: "write it like 10.64.0.0/16",
  };
  return { key, value, range: parsed, problem: fits ? undefined : problem };
}

function checkCluster({ cluster, network }: AzureConfig): Problem[] {
  const { name, resourceGroup } = cluster;
  if ((name === undefined) !== (resourceGroup === undefined)) {
    const missing = name ? "resourceGroup" : "name";
    return [
      {
        key: path("cluster", missing),
        allowed: "name and resourceGroup together: a cluster that is there already",
        remedy: `add ${missing}, or remove the other to have one made`,
      },
    ];
  }
  if (name) return [];
  const problems: Problem[] = [];
  if (cluster.adminGroupObjectIds.length === 0)
    problems.push({
      key: path("cluster", "adminGroupObjectIds"),
      allowed: "at least one group, and whoever runs Portolan in it",
      remedy:
        "`az ad group show --group <name> --query id`: the cluster has no accounts of its own, so nobody else could enter",
    });
  if (cluster.outbound === "userDefinedRouting" && !network.nodeSubnetId)
    problems.push({
      key: path("cluster", "outbound"),
      value: cluster.outbound,
      allowed: "loadBalancer where the network is made: it has no route table",
      remedy: "name a subnet with routes in network.nodeSubnetId",
    });
  return problems;
}

function checkEndpoint({ cluster, lifecycle }: AzureConfig): Problem[] {
  const { access, cidrs } = cluster.endpoint;
  const key = path("cluster", "endpoint", "cidrs");
  const broken = cidrs.flatMap(
    (cidr, index) => range(`cluster.endpoint.cidrs[${index}]`, cidr, 0, 32).problem ?? [],
  );
  if (access === "private" && cidrs.length > 0)
    broken.push({
      key,
      value: cidrs,
      allowed: "nothing with a private endpoint",
      remedy: "set cluster.endpoint.access to public, or remove them",
    });
  if (cidrs.length > 200)
    broken.push({
      key,
      value: `${cidrs.length} ranges`,
      allowed: "200 at most",
      remedy: "join them to fewer",
    });
  if (!cluster.name && lifecycle === "production" && isOpen(cluster))
    broken.push({
      key,
      value: cidrs,
      allowed: "in production, the addresses that may call a public endpoint",
      remedy: "name them, or set cluster.endpoint.access to private",
    });
  return broken;
}

/** Whether everyone may call what `cluster.endpoint` opens. */
export function isOpen({ endpoint: { access, cidrs } }: AzureConfig["cluster"]): boolean {
  return access === "public" && (cidrs.length === 0 || cidrs.includes("0.0.0.0/0"));
}

function checkServices({ database, redis }: AzureConfig): Problem[] {
  const problems = checkDatabase(database, "Flexible Server");
  if (redis.isolation === "acl" && !redis.host)
    problems.push({
      key: path("redis", "isolation"),
      value: redis.isolation,
      allowed: "prefix | instance: Azure Managed Redis has no users that are bound to keys",
      remedy:
        "choose instance, a cache for each tenant and each at the price of one, or name a server of your own in redis.host",
    });
  return problems;
}
