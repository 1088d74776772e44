/** A VPC that the user brings: looked at, never changed. */
import { getSubnetOutput } from "@pulumi/aws/ec2/getSubnet.js";
import { getVpcOutput } from "@pulumi/aws/ec2/getVpc.js";
import * as pulumi from "@pulumi/pulumi";
import type { Network } from "./network.ts";
import type { Scope } from "./scope.ts";
import type { NetworkSettings } from "./settings.ts";

/** EKS asks for this many free addresses in each subnet (EKS user guide, network requirements). */
const freeAddresses = 6;

/** Asks AWS about each named thing; ids pass on only once they are found fit. */
export function existingNetwork(
  scope: Scope,
  settings: Extract<NetworkSettings, { kind: "existing" }>,
): Network {
  const { parent } = scope;
  const { vpcId, privateSubnetIds, publicSubnetIds } = settings;
  const vpc = getVpcOutput({ id: vpcId }, { parent });
  const checked = pulumi.all([vpc.enableDnsHostnames, vpc.enableDnsSupport]).apply(([hostnames, support]) => {
    if (hostnames === false || support === false) {
      throw refused(
        "vpcId",
        vpcId,
        "a VPC with DNS support and DNS hostnames, which EKS needs",
        "switch both on",
      );
    }
    return vpcId;
  });
  const found = (key: string, ids: readonly string[]) => {
    const subnets = ids.map((id) => getSubnetOutput({ id }, { parent }));
    const zones = pulumi.all(subnets.map(({ availabilityZone }) => availabilityZone));
    return subnets.map((subnet, index) =>
      pulumi
        .all([subnet.vpcId, subnet.availableIpAddressCount, zones])
        .apply(([of, free, all]) => checkSubnet(key, ids[index] ?? "", { vpcId, of, free, zones: all })),
    );
  };
  return {
    vpcId: checked,
    privateSubnetIds: found("privateSubnetIds", privateSubnetIds),
    publicSubnetIds: found("publicSubnetIds", publicSubnetIds),
    ready: [],
  };
}

/** Answers the id, or throws: in a preview too, so that nothing was made yet. */
export function checkSubnet(
  key: string,
  id: string,
  subnet: { vpcId: string; of: string; free: number; zones: readonly string[] },
): string {
  if (subnet.of !== subnet.vpcId) {
    throw refused(
      key,
      id,
      `subnets of ${subnet.vpcId}; this one is of ${subnet.of}`,
      "name another subnet or VPC",
    );
  }
  if (subnet.free < freeAddresses) {
    throw refused(
      key,
      id,
      `a subnet with ${freeAddresses} free addresses; it has ${subnet.free}`,
      "name another",
    );
  }
  if (new Set(subnet.zones).size < 2) {
    const zone = subnet.zones[0] ?? "one zone";
    throw refused(
      key,
      id,
      `subnets in two zones at least; all are in ${zone}`,
      "add a subnet of another zone",
    );
  }
  return id;
}

function refused(key: string, value: string, allowed: string, remedy: string): Error {
  return new pulumi.RunError(
    `portolan:platform.network.${key}\n    value:   ${value}\n    allowed: ${allowed}\n    remedy:  ${remedy}`,
  );
}
