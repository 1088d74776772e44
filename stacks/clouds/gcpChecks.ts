/** Mistakes in a stack file for Google Cloud that only show when keys are read together. */
import { parseCidr } from "../../providers/cidr.ts";
import { checkDatabase } from "../brought.ts";
import type { Problem } from "../problems.ts";
import type { GcpConfig } from "./gcp.ts";
import { checkRanges, notARange, rangesOf } from "./gcpRanges.ts";

export function checkGcp(config: GcpConfig): Problem[] {
  return [
    ...checkNetwork(config),
    ...checkCluster(config),
    ...checkSources(config),
    ...checkDatabase(config.database, "Cloud SQL"),
    ...checkRedis(config),
  ];
}

const path = (...keys: string[]) => ["portolan:platform", ...keys].join(".");

const rangeKeys = ["nodes", "services", "googleServices", "pods"] as const;
const nameKeys = ["subnet", "podRange", "serviceRange"] as const;

function checkNetwork({ network }: GcpConfig): Problem[] {
  if (network.name === undefined) {
    const strays = [...nameKeys, "privateServices" as const]
      .filter((key) => network[key] !== undefined)
      .map((key) => ({
        key: path("network", key),
        value: network[key],
        allowed: "nothing where the network is made",
        remedy: "name its VPC in network.name, or remove this key",
      }));
    return [...strays, ...checkRanges(rangesOf(network), (name) => path("network", name))];
  }
  const missing = nameKeys
    .filter((key) => network[key] === undefined)
    .map((key) => ({
      key: path("network", key),
      allowed: `the name of ${key === "subnet" ? "a subnet" : "a secondary range of that subnet"} of ${network.name}`,
      remedy: "add it: nodes, pods and Services each have addresses of that network",
    }));
  const both = rangeKeys
    .filter((key) => network[key] !== undefined)
    .map((key) => ({
      key: path("network", key),
      value: network[key],
      allowed: "nothing beside network.name: that network has its addresses",
      remedy: "remove one of them",
    }));
  return [...missing, ...both];
}

function checkCluster({ cluster, network }: GcpConfig): Problem[] {
  if (cluster.name === undefined) {
    if (cluster.location === undefined) return [];
    return [
      {
        key: path("cluster", "location"),
        value: cluster.location,
        allowed: "nothing where the cluster is made: it is in the platform's region",
        remedy: "remove it, or name a cluster in cluster.name",
      },
    ];
  }
  if (network.name !== undefined) return [];
  return [
    {
      key: path("network", "name"),
      allowed: `the VPC of cluster ${cluster.name}`,
      remedy: "name it and its subnet: the way to database and Redis must be where the pods are",
    },
  ];
}

function checkSources({ cluster }: GcpConfig): Problem[] {
  const { access, sources } = cluster;
  const key = path("cluster", "sources");
  if (cluster.name !== undefined || access === "dns") {
    if (sources.length === 0) return [];
    const because =
      cluster.name === undefined ? "access dns: IAM decides" : "a cluster that is there already";
    return [
      {
        key,
        value: sources,
        allowed: `nothing with ${because}`,
        remedy: "remove them, or set cluster.access to ip",
      },
    ];
  }
  const open = sources.length === 0 || sources.some((cidr) => cidr === "0.0.0.0/0");
  const broken = sources.flatMap((cidr, index) =>
    parseCidr(cidr) ? [] : [notARange(`${key}[${index}]`, cidr)],
  );
  if (!open) return broken;
  return [
    ...broken,
    {
      key,
      value: sources,
      allowed: "with access ip, the ranges that may call the cluster, and never everyone",
      remedy: "name them, e.g. 203.0.113.7/32, or set cluster.access to dns",
    },
  ];
}

function checkRedis({ redis }: GcpConfig): Problem[] {
  if (redis.host !== undefined || redis.isolation !== "acl") return [];
  return [
    {
      key: path("redis", "isolation"),
      value: "acl",
      allowed: "prefix | instance: Memorystore has one password and no users",
      remedy:
        "choose instance (a Redis for each tenant, and its price as often as there are tenants), or name a server with users in redis.host",
    },
  ];
}
