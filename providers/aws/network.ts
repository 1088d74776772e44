/** The network: a VPC of its own over several zones, or one that is there already. */
import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones.js";
import type * as pulumi from "@pulumi/pulumi";
import { existingNetwork } from "./existingNetwork.ts";
import { flowLogs } from "./flowLogs.ts";
import { zoneCount, zonesWithoutEks } from "./regions.ts";
import { nameTag, type Scope } from "./scope.ts";
import type { ClusterSettings, NetworkSettings } from "./settings.ts";
import { subnetPlan } from "./subnets.ts";

/** Where everything stands: made, or brought by the user. */
export interface Network {
  readonly vpcId: pulumi.Output<string>;
  readonly privateSubnetIds: pulumi.Output<string>[];
  readonly publicSubnetIds: pulumi.Output<string>[];
  /** Routes in and out: nodes are not reached, and reach nothing, without them. */
  readonly ready: pulumi.Resource[];
}

/** Makes the network, or looks at the one that is there. */
export function network(scope: Scope, settings: NetworkSettings, cluster: ClusterSettings): Network {
  return settings.kind === "existing"
    ? existingNetwork(scope, settings, cluster)
    : newNetwork(scope, settings.cidr);
}

function newNetwork(scope: Scope, cidr: string): Network {
  const { name, region, lifecycle, parent } = scope;
  const opts = { parent };
  const vpc = new Vpc(
    `${name}-vpc`,
    {
      cidrBlock: cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: nameTag(scope),
    },
    opts,
  );
  // Adopted and emptied: nothing that forgets its own group can be reached.
  new DefaultSecurityGroup(`${name}-default-group`, { vpcId: vpc.id }, opts);
  const gateway = new InternetGateway(`${name}-internet`, { vpcId: vpc.id, tags: nameTag(scope) }, opts);
  const subnets = makeSubnets(scope, vpc, cidr);
  const publicRoutes = tableOf(
    scope,
    "public",
    vpc,
    { kind: "public", first: 0, subnets: subnets.public },
    { gatewayId: gateway.id },
  );
  // One gateway a zone in production: a lost zone takes no other zone's way out with it.
  const shared = lifecycle === "disposable" ? subnets.public.slice(0, 1) : subnets.public;
  const gateways = shared.map((subnet, index) =>
    natGateway(scope, index, subnet, [gateway, ...publicRoutes.ready]),
  );
  const privateRoutes = gateways.map((nat, index) => {
    const behind = gateways.length === 1 ? subnets.private : subnets.private.slice(index, index + 1);
    const those = { kind: "private", first: index, subnets: behind } as const;
    return tableOf(scope, `private-${index}`, vpc, those, { natGatewayId: nat.id });
  });
  const s3 = new VpcEndpoint(
    `${name}-s3`,
    {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: privateRoutes.map(({ table }) => table.id),
      tags: nameTag(scope, "s3"),
    },
    opts,
  );
  flowLogs(scope, vpc.id);
  return {
    vpcId: vpc.id,
    privateSubnetIds: subnets.private.map(({ id }) => id),
    publicSubnetIds: subnets.public.map(({ id }) => id),
    ready: [gateway, s3, ...publicRoutes.ready, ...privateRoutes.flatMap(({ ready }) => ready)],
  };
}

/** The tags by which load balancers find their subnets (EKS user guide). */
const roles = { private: "kubernetes.io/role/internal-elb", public: "kubernetes.io/role/elb" } as const;

function makeSubnets(scope: Scope, vpc: Vpc, cidr: string): { private: Subnet[]; public: Subnet[] } {
  const { name, region, parent } = scope;
  const zones = getAvailabilityZonesOutput(
    {
      state: "available",
      excludeZoneIds: zonesWithoutEks,
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    },
    { parent },
  ).names;
  const plan = subnetPlan(cidr, zoneCount(region));
  const make = (kind: "private" | "public") =>
    plan[kind].map(
      (cidrBlock, index) =>
        new Subnet(
          `${name}-${kind}-${index}`,
          {
            vpcId: vpc.id,
            cidrBlock,
            availabilityZone: zones[index],
            tags: { ...nameTag(scope, `${kind}-${index}`), [roles[kind]]: "1" },
          },
          // A zone that AWS opens later may come first in the list; the subnets stay where they are.
          { parent, ignoreChanges: ["availabilityZone"] },
        ),
    );
  return { private: make("private"), public: make("public") };
}

function natGateway(scope: Scope, index: number, subnet: Subnet, dependsOn: pulumi.Resource[]): NatGateway {
  const { name, parent } = scope;
  const tags = nameTag(scope, `nat-${index}`);
  const address = new Eip(`${name}-nat-${index}`, { domain: "vpc", tags }, { parent, dependsOn });
  return new NatGateway(
    `${name}-nat-${index}`,
    { allocationId: address.id, subnetId: subnet.id, tags },
    { parent, dependsOn },
  );
}

/** A table with one way out, for these subnets. Routes are resources of their own: inline ones fight with them. */
function tableOf(
  scope: Scope,
  part: string,
  vpc: Vpc,
  { kind, first, subnets }: { kind: "private" | "public"; first: number; subnets: readonly Subnet[] },
  target: { gatewayId: pulumi.Output<string> } | { natGatewayId: pulumi.Output<string> },
): { table: RouteTable; ready: pulumi.Resource[] } {
  const { name, parent } = scope;
  const table = new RouteTable(`${name}-${part}`, { vpcId: vpc.id, tags: nameTag(scope, part) }, { parent });
  const route = new Route(
    `${name}-${part}-out`,
    { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", ...target },
    { parent },
  );
  const associations = subnets.map(
    (subnet, index) =>
      new RouteTableAssociation(
        // By the subnet, not by the table: when another size has fewer tables, the association is moved, since a subnet
        // cannot have a second one before the first is gone.
        `${name}-${kind}-${first + index}`,
        { routeTableId: table.id, subnetId: subnet.id },
        { parent },
      ),
  );
  return { table, ready: [route, ...associations] };
}
