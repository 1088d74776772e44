/** Virtual networks, their subnets and rules, and public addresses. */
import { contains, overlaps, parseCidr } from "../core/cidr.ts";
import { type Deleting, type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { holdersOf } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";
import { armId, given, inGroup, named, part, partOf, tracked, usualName } from "./words.ts";

export const postgresDelegation = "Microsoft.DBforPostgreSQL/flexibleServers";

const cidr = {
  pattern: /^\d+\.\d+\.\d+\.\d+\/\d+$/,
  says: "a CIDR such as 10.0.0.0/16",
} as const;

const virtualNetwork: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    virtualNetworkName: usualName(64),
    addressSpace: { required: true },
    "addressSpace.addressPrefixes[]": cidr,
  },
  naming: inGroup("virtualNetworkName", 64),
  refuse: (inputs) =>
    textsAt(inputs, "addressSpace.addressPrefixes[]")
      .filter((text) => parseCidr(text) === undefined)
      .map((text) => `"addressSpace" must hold CIDRs whose address ends where the mask says, not "${text}"`),
  id: ({ world, inputs }) =>
    armId(world, inputs, "Microsoft.Network/virtualNetworks", textOf(inputs, "virtualNetworkName")),
  outputs: { resourceGuid: ({ id }) => digest(32, id) },
};

/** The network that a subnet's inputs name. */
function networkOf(world: World, inputs: CloudRecord["inputs"]): CloudRecord | undefined {
  const id = armId(world, inputs, "Microsoft.Network/virtualNetworks", textOf(inputs, "virtualNetworkName"));
  return world.store.find(t.virtualNetwork, id);
}

function prefixesOf(inputs: CloudRecord["inputs"]): readonly string[] {
  const one = textOf(inputs, "addressPrefix");
  return [...(one === "" ? [] : [one]), ...textsAt(inputs, "addressPrefixes[]")];
}

/** Ranges of all subnets of a network. */
export function subnetsOf(world: World, networkId: string): readonly { id: string; cidr: string }[] {
  return world.store
    .living([t.subnet])
    .filter(({ id }) => id.startsWith(`${networkId}/subnets/`))
    .flatMap(({ id, inputs }) => prefixesOf(inputs).map((text) => ({ id, cidr: text })));
}

function admitSubnet({ world, inputs, id }: Making): void {
  const network = networkOf(world, inputs);
  const spaces = textsAt(network?.inputs ?? {}, "addressSpace.addressPrefixes[]").flatMap(
    (text) => parseCidr(text) ?? [],
  );
  for (const text of prefixesOf(inputs)) {
    const range = parseCidr(text);
    if (range === undefined) throw new Refused(`InvalidCIDRNotation: The address prefix ${text} is none`);
    if (range.bits > 29) throw new Refused(`InvalidCIDRNotation: The smallest subnet is a /29, not ${text}`);
    if (!spaces.some((space) => contains(space, range)))
      throw new Refused(
        `NetcfgInvalidSubnet: Subnet '${given({ inputs }, "subnetName")}' is not valid in virtual network: ${text} is not in its address space`,
      );
    const other = subnetsOf(world, network?.id ?? "").find((taken) => {
      const known = parseCidr(taken.cidr);
      return taken.id !== id && known !== undefined && overlaps(known, range);
    });
    if (other !== undefined)
      throw new Refused(`NetcfgSubnetRangesOverlap: ${text} overlaps with ${other.cidr} of ${other.id}`);
  }
}

/** What is in a subnet: it refuses the subnet's deletion itself, in Azure's own words. */
export const inSubnet = { refers: { to: t.subnet, atDelete: "leave" } } as const;

/** What holds a subnet: whoever is in it, and for a database's the link of its zone (azurerm issue 24593). */
function releaseSubnet({ world, record }: Deleting): void {
  const holder = holdersOf(world, record)[0]?.holder.id;
  const networkId = record.id.replace(/\/subnets\/[^/]+$/, "");
  const isDatabase = textsAt(record.inputs, "delegations[].serviceName").includes(postgresDelegation);
  const link = world.store
    .living([t.zoneLink])
    .find(
      ({ id, inputs }) =>
        id.includes(".postgres.database.azure.com/") &&
        textsAt(inputs, "virtualNetwork.id").includes(networkId),
    );
  const by = holder ?? (isDatabase ? link?.id : undefined);
  if (by !== undefined)
    throw new Refused(
      `InUseSubnetCannotBeDeleted: Subnet ${record.id} is in use by ${by} and cannot be deleted`,
      true,
    );
}

const subnet: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    virtualNetworkName: partOf(t.virtualNetwork),
    subnetName: { ...usualName(80), required: true },
    addressPrefix: cidr,
    "networkSecurityGroup.id": { refers: { to: t.securityGroup } },
    "delegations[].serviceName": {
      pattern: /^Microsoft\.\w+\/\w+/,
      says: "a service such as Microsoft.Web/serverFarms",
    },
  },
  refuse: (inputs) =>
    (inputs.addressPrefix === undefined) === (inputs.addressPrefixes === undefined)
      ? ['exactly one of "addressPrefix" and "addressPrefixes" must be set']
      : [],
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/virtualNetworks",
      given(making, "virtualNetworkName"),
      "subnets",
      given(making, "subnetName"),
    ),
  admit: admitSubnet,
  outputs: {
    privateEndpointNetworkPolicies: ({ inputs }) => inputs.privateEndpointNetworkPolicies ?? "Disabled",
  },
  release: releaseSubnet,
};

const securityGroup: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    networkSecurityGroupName: usualName(80),
    "securityRules[].priority": { range: [100, 4096] },
  },
  naming: inGroup("networkSecurityGroupName", 80),
  refuse: (inputs) => {
    const rules = Array.isArray(inputs.securityRules) ? inputs.securityRules : [];
    const keys = rules.map((rule) =>
      typeof rule === "object" && rule !== null && !Array.isArray(rule)
        ? `${String(rule.direction)} ${String(rule.priority)}`
        : "",
    );
    const twice = keys.find((key, at) => keys.indexOf(key) !== at);
    return twice === undefined ? [] : [`"securityRules" has two rules of ${twice}: each priority is for one`];
  },
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/networkSecurityGroups",
      given(making, "networkSecurityGroupName"),
    ),
  outputs: { resourceGuid: ({ id }) => digest(32, id) },
};

const publicAddress: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    publicIpAddressName: named(/^[A-Za-z0-9]([\w.-]*\w)?$/, "letters, digits, . _ and -", 80),
    publicIPAllocationMethod: { default: "Dynamic" },
    publicIPAddressVersion: { default: "IPv4", replaces: true },
    zones: { replaces: true },
  },
  naming: inGroup("publicIpAddressName", 80),
  refuse: (inputs) =>
    textsAt(inputs, "sku.name").includes("Standard") && inputs.publicIPAllocationMethod !== "Static"
      ? ['"publicIPAllocationMethod" must be Static with the Standard SKU']
      : [],
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/publicIPAddresses",
      given(making, "publicIpAddressName"),
    ),
  outputs: {
    // 203.0.113.0/24 is kept for documentation (RFC 5737): nobody answers there.
    ipAddress: ({ id }) => `203.0.113.${(Number.parseInt(digest(6, id), 16) % 254) + 1}`,
    idleTimeoutInMinutes: ({ inputs }) => inputs.idleTimeoutInMinutes ?? 4,
  },
  release: async ({ world, record }) => {
    if (world.store.living([t.cluster]).length === 0) return;
    const balancer = (await world.backend.made()).addresses[textOf(record.inputs, "publicIpAddressName")];
    if (balancer !== undefined)
      throw new Refused(
        `PublicIPAddressCannotBeDeleted: Public IP address ${record.id} can not be deleted since it is still allocated to the load balancer of ${balancer}`,
        true,
      );
  },
};

export const network: Readonly<Record<string, Kind>> = {
  [t.virtualNetwork]: virtualNetwork,
  [t.subnet]: subnet,
  [t.securityGroup]: securityGroup,
  [t.publicAddress]: publicAddress,
};
