/** Route tables, routes, and endpoints that stand in route tables. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { cidr, inVpc, onlyOne, ownerId } from "./networkRules.ts";
import { t } from "./types.ts";
import { arn, freshId, given } from "./words.ts";

const routeTable: Kind = {
  inputs: { vpcId: inVpc },
  id: () => freshId("rtb"),
  outputs: { arn: ({ world, id }) => arn(world, "ec2", `route-table/${id}`), ownerId },
};

const routeTargets = [
  "gatewayId",
  "natGatewayId",
  "vpcEndpointId",
  "transitGatewayId",
  "vpcPeeringConnectionId",
  "networkInterfaceId",
  "egressOnlyGatewayId",
  "carrierGatewayId",
  "localGatewayId",
  "coreNetworkArn",
  "odbNetworkArn",
];
const routeEnds = ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"];

const route: Kind = {
  inputs: {
    routeTableId: { refers: { to: t.routeTable, atDelete: "cascade" }, replaces: true },
    destinationCidrBlock: { ...cidr, replaces: true },
    gatewayId: { refers: { to: t.internetGateway, atDelete: "leave", unless: /^(local|vgw-)/ } },
    natGatewayId: { refers: { to: t.natGateway, atDelete: "leave" } },
  },
  refuse: (inputs) => [...onlyOne(inputs, routeTargets), ...onlyOne(inputs, routeEnds)],
  id: ({ inputs }) =>
    `r-${given({ inputs }, "routeTableId")}${Number.parseInt(digest(7, ...routeEnds.map((key) => given({ inputs }, key))), 16)}`,
  imports: (record) => `${given(record, "routeTableId")}_${given(record, "destinationCidrBlock")}`,
  taken: "RouteAlreadyExists",
  outputs: { origin: () => "CreateRoute", state: () => "active" },
};

const routeTableAssociation: Kind = {
  inputs: {
    routeTableId: { refers: { to: t.routeTable } },
    subnetId: { refers: { to: t.subnet, atDelete: "cascade" }, replaces: true },
    gatewayId: { refers: { to: t.internetGateway, atDelete: "cascade" }, replaces: true },
  },
  refuse: (inputs) => onlyOne(inputs, ["subnetId", "gatewayId"]),
  id: () => freshId("rtbassoc"),
  imports: (record) => `${given(record, "subnetId")}/${given(record, "routeTableId")}`,
  admit: ({ world, inputs, id }) => {
    const other = world.store
      .living([t.routeTableAssociation])
      .find((found) => found.id !== id && found.inputs.subnetId === inputs.subnetId);
    if (inputs.subnetId !== undefined && other !== undefined)
      throw new Refused(
        `Resource.AlreadyAssociated: the specified association for route table ${given({ inputs }, "routeTableId")} conflicts with an existing association, ${other.id}`,
      );
  },
};

const vpcEndpoint: Kind = {
  inputs: {
    vpcId: inVpc,
    serviceName: { replaces: true },
    vpcEndpointType: {
      options: ["Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"],
      default: "Gateway",
      replaces: true,
    },
    "routeTableIds[]": { refers: { to: t.routeTable, atDelete: "leave" } },
    "subnetIds[]": { refers: { to: t.subnet } },
    "securityGroupIds[]": { refers: { to: [t.securityGroup, t.defaultSecurityGroup] } },
  },
  refuse: (inputs, { region }) => {
    const service = given({ inputs }, "serviceName");
    if (
      inputs.vpcEndpointType === "Gateway" &&
      !["s3", "dynamodb"].some((name) => service === `com.amazonaws.${region}.${name}`)
    )
      return [
        `"serviceName" of a Gateway endpoint must be com.amazonaws.${region}.s3 or .dynamodb, not "${service}"`,
      ];
    return [];
  },
  id: () => freshId("vpce"),
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `vpc-endpoint/${id}`),
    ownerId,
    prefixListId: ({ world, inputs }) => `pl-${digest(8, world.region, given({ inputs }, "serviceName"))}`,
    state: () => "available",
    ipAddressType: () => "ipv4",
  },
};

export const routes: Readonly<Record<string, Kind>> = {
  [t.routeTable]: routeTable,
  [t.route]: route,
  [t.routeTableAssociation]: routeTableAssociation,
  [t.vpcEndpoint]: vpcEndpoint,
};
