/** A VPC that the user brings: looked at, never changed. */
import { getSubnetOutput } from "@pulumi/aws/ec2/getSubnet.js";
import { getVpcOutput } from "@pulumi/aws/ec2/getVpc.js";
import * as pulumi from "@pulumi/pulumi";
import { overlap, parseCidr } from "../cidr.ts";
import { type Mistake, refuse } from "../mistakes.ts";
import type { Network } from "./network.ts";
import type { Scope } from "./scope.ts";
import type { ClusterSettings, NetworkSettings } from "./settings.ts";

/** EKS asks for this many free addresses in each subnet (EKS user guide, network requirements). */
const freeAddresses = 6;

type Existing = Extract<NetworkSettings, { kind: "existing" }>;

/** What AWS says of a VPC and the named subnets, as far as it is looked at. */
export interface FoundNetwork {
  /** Undefined: not said. */
  readonly hostnames: boolean | undefined;
  readonly support: boolean | undefined;
  readonly ranges: readonly string[];
  readonly subnets: Readonly<
    Record<string, { readonly of: string; readonly free: number; readonly zone: string }>
  >;
}

/** Asks AWS about each named thing; ids pass on only once all of them are found fit. */
export function existingNetwork(scope: Scope, settings: Existing, cluster: ClusterSettings): Network {
  const { parent } = scope;
  const { vpcId, privateSubnetIds, publicSubnetIds } = settings;
  const vpc = getVpcOutput({ id: vpcId }, { parent });
  const subnets = [...privateSubnetIds, ...publicSubnetIds].map((id) =>
    getSubnetOutput({ id }, { parent }).apply(
      (found) =>
        [id, { of: found.vpcId, free: found.availableIpAddressCount, zone: found.availabilityZone }] as const,
    ),
  );
  const checked = pulumi.all([vpc, pulumi.all(subnets)]).apply(([found, entries]) => {
    refuse(
      networkMistakes(settings, cluster, {
        hostnames: found.enableDnsHostnames,
        support: found.enableDnsSupport,
        ranges: (found.cidrBlockAssociations ?? []).map(({ cidrBlock }) => cidrBlock),
        subnets: Object.fromEntries(entries),
      }),
    );
    return true;
  });
  const passed = (id: string) => checked.apply(() => id);
  return {
    vpcId: passed(vpcId),
    privateSubnetIds: privateSubnetIds.map(passed),
    publicSubnetIds: publicSubnetIds.map(passed),
    ready: [],
  };
}

/** Everything that is wrong with it, at once: in a preview too, so that nothing was made yet. */
export function networkMistakes(
  { vpcId, privateSubnetIds, publicSubnetIds }: Existing,
  cluster: ClusterSettings,
  found: FoundNetwork,
): Mistake[] {
  const mistakes: Mistake[] = [];
  if (found.hostnames === false || found.support === false) {
    const option = found.hostnames === false ? "--enable-dns-hostnames" : "--enable-dns-support";
    mistakes.push({
      key: "network.vpcId",
      value: vpcId,
      allowed: "a VPC with DNS support and DNS hostnames, which EKS needs",
      remedy: `\`aws ec2 modify-vpc-attribute --vpc-id ${vpcId} ${option}\``,
    });
  }
  return [
    ...mistakes,
    ...subnetMistakes("privateSubnetIds", privateSubnetIds, vpcId, found),
    ...subnetMistakes("publicSubnetIds", publicSubnetIds, vpcId, found),
    ...(cluster.kind === "new" ? rangeMistakes(vpcId, cluster.serviceCidr, found) : []),
  ];
}

function subnetMistakes(
  list: string,
  ids: readonly string[],
  vpcId: string,
  { subnets }: FoundNetwork,
): Mistake[] {
  const key = `network.${list}`;
  const known = ids.flatMap((id) => {
    const subnet = subnets[id];
    return subnet ? [{ id, ...subnet }] : [];
  });
  const each = known.flatMap(({ id, of, free }): Mistake[] => {
    if (of !== vpcId) {
      const allowed = `subnets of ${vpcId}; this one is of ${of}`;
      return [{ key, value: id, allowed, remedy: "name another subnet or VPC" }];
    }
    if (free >= freeAddresses) return [];
    const allowed = `a subnet with ${freeAddresses} free addresses; it has ${free}`;
    return [{ key, value: id, allowed, remedy: "name another" }];
  });
  const zones = new Set(known.map(({ zone }) => zone));
  if (zones.size !== 1) return each;
  const allowed = `subnets in two zones at least; all are in ${[...zones].join()}`;
  return [...each, { key, value: ids, allowed, remedy: "add a subnet of another zone" }];
}

function rangeMistakes(vpcId: string, serviceCidr: string | undefined, { ranges }: FoundNetwork): Mistake[] {
  const range = serviceCidr === undefined ? undefined : parseCidr(serviceCidr);
  const taken = ranges.find((text) => {
    const other = parseCidr(text);
    return range && other && overlap(range, other);
  });
  if (taken === undefined) return [];
  return [
    {
      key: "cluster.serviceCidr",
      value: serviceCidr,
      allowed: `a range beside ${taken}, which is ${vpcId}'s`,
      remedy: "choose another, or leave it out: EKS then chooses one",
    },
  ];
}
