/** Networks: VPC, subnets, gateways, flow logs. */
import { contains, overlaps, parseCidr } from "../core/cidr.ts";
import { type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { cidr, inVpc, onlyOne, ownerId, vpcOf } from "./networkRules.ts";
import { oneMore, quota } from "./quotas.ts";
import { zonesOf } from "./regions.ts";
import { routes } from "./routes.ts";
import { own, t } from "./types.ts";
import { arn, freshId, given } from "./words.ts";

function size(inputs: Making["inputs"], key: string): readonly string[] {
  const text = given({ inputs }, key);
  if (text === "") return [];
  const range = parseCidr(text);
  if (range === undefined)
    return [`"${key}" must be a range whose address ends where its mask says, not "${text}"`];
  return range.bits >= 16 && range.bits <= 28 ? [] : [`"${key}" must be between /16 and /28, not "${text}"`];
}

/** Load balancers that a living cluster has in a network: they hold addresses and interfaces in its subnets. */
async function balancersIn(world: World, vpcId: string): Promise<readonly string[]> {
  const clusters = world.store
    .living([t.cluster])
    .filter(({ inputs }) =>
      textsAt(inputs, "vpcConfig.subnetIds[]").some((id) => vpcOf(world, id) === vpcId),
    );
  return clusters.length === 0 ? [] : (await world.backend.made()).loadBalancers;
}

/** Databases and caches that have an interface in a subnet, through their subnet groups. */
function serversIn(world: World, subnetId: string): readonly CloudRecord[] {
  const inGroup = (group: string, server: string, key: string): CloudRecord[] =>
    world.store
      .living([group])
      .filter((found) => textsAt(found.inputs, "subnetIds[]").includes(subnetId))
      .flatMap((found) => world.store.living([server]).filter(({ inputs }) => inputs[key] === found.id));
  return [
    ...inGroup(t.dbSubnetGroup, t.dbInstance, "dbSubnetGroupName"),
    ...inGroup(t.cacheSubnetGroup, t.replicationGroup, "subnetGroupName"),
  ];
}

const vpc: Kind = {
  inputs: {
    cidrBlock: { ...cidr, required: true, replaces: true },
    instanceTenancy: { options: ["default", "dedicated"], default: "default", replaces: true },
    enableDnsSupport: { default: true },
    enableDnsHostnames: { default: false },
  },
  refuse: (inputs) => size(inputs, "cidrBlock"),
  id: () => freshId("vpc"),
  admit: ({ world, old }) => {
    if (old === undefined) oneMore(world, t.vpc, quota.vpcs);
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `vpc/${id}`),
    defaultNetworkAclId: ({ id }) => `acl-${digest(17, id)}`,
    defaultRouteTableId: ({ id }) => `rtb-${digest(17, id)}`,
    mainRouteTableId: ({ id }) => `rtb-${digest(17, id)}`,
    defaultSecurityGroupId: ({ id }) => `sg-${digest(17, id)}`,
    dhcpOptionsId: ({ world }) => `dopt-${digest(17, world.account, world.region)}`,
    ownerId,
  },
};

const subnet: Kind = {
  inputs: {
    vpcId: inVpc,
    cidrBlock: { ...cidr, required: true, replaces: true },
    availabilityZone: { replaces: true },
    availabilityZoneId: { replaces: true },
    mapPublicIpOnLaunch: { default: false },
  },
  refuse: (inputs, { region }) => {
    const zone = given({ inputs }, "availabilityZone");
    const known = zonesOf(region).map(({ name }) => name);
    const wrong =
      zone === "" || known.includes(zone)
        ? []
        : [`"availabilityZone" must be one of ${known.join(", ")}, not "${zone}"`];
    return [...size(inputs, "cidrBlock"), ...wrong];
  },
  id: () => freshId("subnet"),
  admit: ({ world, inputs, id }) => {
    const range = parseCidr(given({ inputs }, "cidrBlock"));
    const network = world.store.find(t.vpc, given({ inputs }, "vpcId"));
    const whole = parseCidr(textOf(network?.inputs ?? {}, "cidrBlock"));
    if (range === undefined || whole === undefined) return;
    if (!contains(whole, range))
      throw new Refused(
        `InvalidSubnet.Range: The CIDR '${given({ inputs }, "cidrBlock")}' is not in the VPC's`,
      );
    for (const other of world.store.living([t.subnet])) {
      const taken = parseCidr(textOf(other.inputs, "cidrBlock"));
      if (
        other.id !== id &&
        other.inputs.vpcId === inputs.vpcId &&
        taken !== undefined &&
        overlaps(taken, range)
      )
        throw new Refused(
          `InvalidSubnet.Conflict: The CIDR '${given({ inputs }, "cidrBlock")}' conflicts with another subnet, ${other.id}`,
        );
    }
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `subnet/${id}`),
    ownerId,
    availabilityZone: ({ world, inputs, id }) => {
      const zones = zonesOf(world.region);
      const byId = zones.find((zone) => zone.id === inputs.availabilityZoneId)?.name;
      return (
        inputs.availabilityZone ?? byId ?? zones[Number.parseInt(digest(4, id), 16) % zones.length]?.name
      );
    },
    availabilityZoneId: ({ world, outputs }) =>
      zonesOf(world.region).find(({ name }) => name === outputs.availabilityZone)?.id,
  },
  release: async ({ world, record }) => {
    const [server] = serversIn(world, record.id);
    const [balancer] = await balancersIn(world, textOf(record.inputs, "vpcId"));
    const holder = server?.id ?? balancer;
    if (holder !== undefined)
      throw new Refused(
        `DependencyViolation: The subnet '${record.id}' has dependencies and cannot be deleted: a network interface of ${holder} is still attached`,
        true,
      );
  },
};

const internetGateway: Kind = {
  inputs: { vpcId: { refers: { to: t.vpc } } },
  id: () => freshId("igw"),
  admit: ({ world, inputs, id }) => {
    const other = world.store
      .living([t.internetGateway])
      .find((found) => found.inputs.vpcId === inputs.vpcId && found.id !== id);
    if (inputs.vpcId !== undefined && other !== undefined)
      throw new Refused(
        `Resource.AlreadyAssociated: network ${given({ inputs }, "vpcId")} already has an internet gateway attached, ${other.id}`,
      );
  },
  outputs: { arn: ({ world, id }) => arn(world, "ec2", `internet-gateway/${id}`), ownerId },
  release: async ({ world, record }) => {
    const vpcId = textOf(record.inputs, "vpcId");
    const gateway = world.store
      .living([t.natGateway])
      .find(({ inputs }) => world.store.find(t.subnet, textOf(inputs, "subnetId"))?.inputs.vpcId === vpcId);
    const [balancer] = await balancersIn(world, vpcId);
    const holder = gateway?.id ?? balancer;
    if (holder !== undefined)
      throw new Refused(
        `DependencyViolation: Network ${vpcId} has some mapped public address(es) (${holder}). Please unmap those public address(es) before detaching the gateway.`,
        true,
      );
  },
};

const eip: Kind = {
  inputs: { domain: { options: ["vpc", "standard"], default: "vpc", replaces: true } },
  id: () => freshId("eipalloc"),
  admit: ({ world, old }) => {
    if (old === undefined) oneMore(world, t.eip, quota.addresses);
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `elastic-ip/${id}`),
    allocationId: ({ id }) => id,
    // 203.0.113.0/24 is kept for documentation (RFC 5737): nobody answers there.
    publicIp: ({ id }) => `203.0.113.${(Number.parseInt(digest(6, id), 16) % 254) + 1}`,
    publicIpv4Pool: () => "amazon",
    networkBorderGroup: ({ world }) => world.region,
  },
};

const natGateway: Kind = {
  inputs: {
    allocationId: { refers: { to: t.eip }, replaces: true },
    subnetId: { refers: { to: t.subnet }, replaces: true, required: true },
    connectivityType: { options: ["public", "private"], default: "public", replaces: true },
  },
  refuse: (inputs) =>
    inputs.connectivityType === "public" && inputs.allocationId === undefined
      ? ['"allocationId" is needed by a public NAT gateway']
      : [],
  id: () => freshId("nat"),
  admit: ({ world, inputs, id }) => {
    const other = world.store
      .living([t.natGateway])
      .find((found) => found.id !== id && found.inputs.allocationId === inputs.allocationId);
    if (inputs.allocationId !== undefined && other !== undefined)
      throw new Refused(
        `Resource.AlreadyAssociated: ${given({ inputs }, "allocationId")} is already associated with ${other.id}`,
      );
    const vpcId = world.store.find(t.subnet, given({ inputs }, "subnetId"))?.inputs.vpcId;
    const open = world.store.living([t.internetGateway]).some((found) => found.inputs.vpcId === vpcId);
    if (!open && inputs.connectivityType === "public")
      throw new Refused(`Gateway.NotAttached: Network ${String(vpcId)} has no Internet gateway attached`);
  },
  outputs: {
    publicIp: ({ world, inputs }) =>
      world.store.find(t.eip, given({ inputs }, "allocationId"))?.outputs.publicIp,
    networkInterfaceId: ({ id }) => `eni-${digest(17, id)}`,
    vpcId: ({ world, inputs }) => world.store.find(t.subnet, given({ inputs }, "subnetId"))?.inputs.vpcId,
    associationId: ({ id }) => `eipassoc-${digest(17, id)}`,
  },
};

const flowLog: Kind = {
  inputs: {
    vpcId: { refers: { to: t.vpc, atDelete: "cascade" }, replaces: true },
    subnetId: { refers: { to: t.subnet, atDelete: "cascade" }, replaces: true },
    eniId: { replaces: true },
    trafficType: { options: ["ACCEPT", "REJECT", "ALL"], replaces: true },
    logDestinationType: {
      options: ["cloud-watch-logs", "s3", "kinesis-data-firehose"],
      default: "cloud-watch-logs",
      replaces: true,
    },
    logDestination: {
      refers: {
        to: [t.logGroup, t.bucket],
        by: ["arn"],
        atDelete: "leave",
        unless: /:firehose:|:s3:::[^/]+\//,
      },
      replaces: true,
    },
    iamRoleArn: { refers: { to: t.role, by: ["arn"], atDelete: "leave" }, replaces: true },
    logFormat: { replaces: true },
    maxAggregationInterval: { options: [60, 600], default: 600, replaces: true },
  },
  refuse: (inputs) => [
    ...onlyOne(inputs, [
      "vpcId",
      "subnetId",
      "eniId",
      "transitGatewayId",
      "transitGatewayAttachmentId",
      "regionalNatGatewayId",
    ]),
    ...(inputs.logDestinationType === "cloud-watch-logs" && inputs.iamRoleArn === undefined
      ? ['"iamRoleArn" is needed to deliver to CloudWatch Logs']
      : []),
    ...(inputs.vpcId !== undefined && inputs.trafficType === undefined
      ? ['"trafficType" is needed: ACCEPT, REJECT or ALL']
      : []),
  ],
  id: () => freshId("fl"),
  outputs: { arn: ({ world, id }) => arn(world, "ec2", `vpc-flow-log/${id}`) },
};

export const network: Readonly<Record<string, Kind>> = {
  [t.vpc]: vpc,
  [t.subnet]: subnet,
  [t.internetGateway]: internetGateway,
  [t.eip]: eip,
  [t.natGateway]: natGateway,
  [t.flowLog]: flowLog,
  ...routes,
  [own.volume]: { id: () => freshId("vol"), internal: true },
};
