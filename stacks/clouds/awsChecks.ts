/** Mistakes in a stack file for AWS that only show when keys are read together. */
import { overlap, parseCidr, type Range, within } from "../../providers/cidr.ts";
import { checkDatabase } from "../brought.ts";
import type { Problem } from "../problems.ts";
import type { AwsConfig } from "./aws.ts";

/** Every mistake at once; a cell has none of these keys to get wrong. */
export function checkAws(config: AwsConfig): Problem[] {
  return [
    ...checkNetwork(config),
    ...checkCluster(config),
    ...checkEndpoint(config),
    ...checkServiceRange(config),
    ...checkDatabase(config.database, "RDS"),
    ...checkRedis(config),
  ];
}

const path = (...keys: string[]) => ["portolan:platform", ...keys].join(".");

function checkNetwork({ network }: AwsConfig): Problem[] {
  const { cidr, vpcId, privateSubnetIds = [], publicSubnetIds = [] } = network;
  const lists = { privateSubnetIds, publicSubnetIds };
  if (!vpcId) {
    const strays = Object.entries(lists)
      .filter(([, ids]) => ids.length > 0)
      .map(([key]) => ({
        key: path("network", key),
        allowed: "nothing where the network is made",
        remedy: "name its VPC in network.vpcId, or remove the subnets",
      }));
    return [...strays, ...(cidr === undefined ? [] : checkVpcRange(cidr))];
  }
  const both = cidr === undefined ? [] : [network.cidr];
  return [
    ...both.map((value) => ({
      key: path("network", "cidr"),
      value,
      allowed: "nothing beside vpcId: that network has its addresses",
      remedy: "remove one of them",
    })),
    ...Object.entries(lists).flatMap(([key, ids]) => checkSubnets(key, ids)),
  ];
}

function checkSubnets(key: string, ids: readonly string[]): Problem[] {
  if (new Set(ids).size < 2 || new Set(ids).size < ids.length) {
    return [
      {
        key: path("network", key),
        value: ids,
        allowed: "two different subnets at least, of different zones",
        remedy: "add subnets of the VPC: the database and the load balancer stand in two zones",
      },
    ];
  }
  return [];
}

function checkVpcRange(cidr: string): Problem[] {
  const key = path("network", "cidr");
  const range = parseCidr(cidr);
  if (!range) return [notARange(key, cidr, "10.20.0.0/16")];
  if (range.prefix < 16 || range.prefix > 22) {
    return [
      {
        key,
        value: cidr,
        allowed: "/16 to /22: AWS takes nothing larger, and every pod has an address of its own",
        remedy: range.prefix > 22 ? "choose a larger range, e.g. a /16" : "choose a /16 of it",
      },
    ];
  }
  return [];
}

function notARange(key: string, value: string, example: string): Problem {
  return {
    key,
    value,
    allowed: "an IPv4 range in CIDR notation, without bits below its prefix",
    remedy: `write it like ${example}`,
  };
}

function checkCluster({ cluster, network, lifecycle }: AwsConfig): Problem[] {
  if (cluster.name) {
    if (network.vpcId) return [];
    return [
      {
        key: path("network", "vpcId"),
        allowed: `the VPC of cluster ${cluster.name}`,
        remedy: "name it and its subnets: database and cache must stand where the pods are",
      },
    ];
  }
  if (lifecycle === "disposable" || cluster.adminRoles.length > 0) return [];
  return [
    {
      key: path("cluster", "adminRoles"),
      allowed: "in production, the roles that administer the cluster, the one that runs Portolan among them",
      remedy: "add their ARNs; without, only whoever ran the first `pulumi up` could ever enter",
    },
  ];
}

function checkEndpoint({ cluster, lifecycle }: AwsConfig): Problem[] {
  const { access, cidrs } = cluster.endpoint;
  const key = path("cluster", "endpoint", "cidrs");
  const broken = cidrs
    .map((cidr, index) => ({ cidr, index }))
    .filter(({ cidr }) => !parseCidr(cidr))
    .map(({ cidr, index }) => notARange(`${key}[${index}]`, cidr, "203.0.113.7/32"));
  if (access === "private" && cidrs.length > 0) {
    broken.push({
      key,
      value: cidrs,
      allowed: "nothing with a private endpoint",
      remedy: "set cluster.endpoint.access to public, or remove them",
    });
  }
  const open = cidrs.length === 0 || cidrs.includes("0.0.0.0/0");
  if (access === "public" && lifecycle === "production" && open) {
    broken.push({
      key,
      value: cidrs,
      allowed: "in production, the addresses that may call a public endpoint",
      remedy: "name them, or set cluster.endpoint.access to private",
    });
  }
  return broken;
}

/** Ranges that EKS takes Services' addresses from (CreateCluster, serviceIpv4Cidr). */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

function checkServiceRange({ cluster, network }: AwsConfig): Problem[] {
  const cidr = cluster.serviceCidr;
  if (cidr === undefined) return [];
  const key = path("cluster", "serviceCidr");
  const range = parseCidr(cidr);
  if (!range) return [notARange(key, cidr, "172.20.0.0/16")];
  const isPrivate = privateRanges.map(parseCidr).some((outer) => outer && within(range, outer));
  if (!isPrivate || range.prefix < 12 || range.prefix > 24) {
    return [
      {
        key,
        value: cidr,
        allowed: `/12 to /24 within ${privateRanges.join(", ")}`,
        remedy: "choose another, e.g. 172.20.0.0/16",
      },
    ];
  }
  const vpc: Range | undefined = network.vpcId ? undefined : parseCidr(network.cidr ?? "10.0.0.0/16");
  if (!vpc || !overlap(range, vpc)) return [];
  return [
    {
      key,
      value: cidr,
      allowed: `a range beside the VPC's, ${network.cidr ?? "10.0.0.0/16"}`,
      remedy: "choose another, e.g. 172.20.0.0/16",
    },
  ];
}

function checkRedis({ redis }: AwsConfig): Problem[] {
  if (redis.host !== undefined || redis.isolation === undefined) return [];
  return [
    {
      key: path("redis", "isolation"),
      value: redis.isolation,
      allowed: "nothing without redis.host: on ElastiCache each tenant is a user of its own keys (acl)",
      remedy: "remove it, or name a server of your own in redis.host",
    },
  ];
}
