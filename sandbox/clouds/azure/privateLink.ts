/** Private DNS zones, their links, and the endpoints whose addresses they hold. */
import { type Kind, Refused } from "../core/kind.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { inSubnet } from "./network.ts";
import { t } from "./types.ts";
import { armId, given, inGroup, named, part, partOf, tracked, typeOfId, usualName } from "./words.ts";

const zonePattern = named(
  /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]+$/,
  "a DNS name of two labels at least",
  253,
);

/** Zones are of no region; without a word the provider would put its own. */
function worldwide(inputs: Readonly<Record<string, unknown>>): readonly string[] {
  const location = inputs.location;
  return typeof location === "string" && location.toLowerCase() === "global"
    ? []
    : [
        `LocationNotAvailableForResourceType: "location" must be Global, not ${location === undefined ? "the provider's" : `"${String(location)}"`}`,
      ];
}

const privateZone: Kind = {
  everywhere: true,
  inputs: { ...tracked, privateZoneName: zonePattern },
  naming: { ...inGroup("privateZoneName", 253), auto: { limit: 253, lower: true } },
  refuse: worldwide,
  id: (making) =>
    armId(making.world, making.inputs, "Microsoft.Network/privateDnsZones", given(making, "privateZoneName")),
  outputs: {
    maxNumberOfRecordSets: () => 25000,
    maxNumberOfVirtualNetworkLinks: () => 1000,
    maxNumberOfVirtualNetworkLinksWithRegistration: () => 100,
    numberOfRecordSets: () => 1,
  },
};

const zoneLink: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    privateZoneName: {
      refers: { to: t.privateZone, by: ["name"], within: "resourceGroupName" },
      replaces: true,
    },
    virtualNetworkLinkName: { ...usualName(80), required: true },
    virtualNetwork: { required: true },
    "virtualNetwork.id": { refers: { to: t.virtualNetwork, atDelete: "leave" }, replaces: true },
    registrationEnabled: { default: false },
    resolutionPolicy: { options: ["Default", "NxDomainRedirect"] },
  },
  refuse: worldwide,
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/privateDnsZones",
      given(making, "privateZoneName"),
      "virtualNetworkLinks",
      given(making, "virtualNetworkLinkName"),
    ),
  admit: ({ world, inputs, id }) => {
    const [network] = textsAt(inputs, "virtualNetwork.id");
    const other = world.store
      .living([t.zoneLink])
      .find(
        (record) =>
          record.id !== id &&
          record.inputs.privateZoneName === inputs.privateZoneName &&
          textsAt(record.inputs, "virtualNetwork.id").includes(network ?? ""),
      );
    if (other !== undefined)
      throw new Refused(
        `BadRequest: A virtual network cannot be linked to multiple zones with overlapping namespaces: ${network} is, by ${other.id}`,
      );
  },
  outputs: { virtualNetworkLinkState: () => "Completed" },
};

/** Sub-resources by the service that an endpoint leads to. */
const groupIds: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.Storage/storageAccounts": ["blob", "file", "table", "queue", "web", "dfs"],
  "Microsoft.Cache/redisEnterprise": ["redisEnterprise"],
  "Microsoft.KeyVault/vaults": ["vault"],
  "Microsoft.ContainerService/managedClusters": ["management"],
};

const privateEndpoint: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    privateEndpointName: named(/^\w([\w.-]*\w)?$/, "letters, digits, . _ and -", 64),
    subnet: { required: true },
    "subnet.id": { ...inSubnet, replaces: true },
    "privateLinkServiceConnections[].privateLinkServiceId": {
      refers: { to: [t.storageAccount, t.cache, t.vault, t.cluster], atDelete: "leave" },
      replaces: true,
    },
  },
  naming: inGroup("privateEndpointName", 64),
  refuse: (inputs) => {
    const connections = Array.isArray(inputs.privateLinkServiceConnections)
      ? inputs.privateLinkServiceConnections
      : [];
    return connections.flatMap((connection) => {
      if (typeof connection !== "object" || connection === null || Array.isArray(connection)) return [];
      const known = groupIds[typeOfId(textOf(connection, "privateLinkServiceId"))];
      const wrong = textsAt(connection, "groupIds[]").filter((id) => known?.includes(id) === false);
      return wrong.map((id) => `"groupIds" must be among ${known?.join(", ")}, not "${id}"`);
    });
  },
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/privateEndpoints",
      given(making, "privateEndpointName"),
    ),
  admit: ({ world, inputs }) => {
    const [id = ""] = textsAt(inputs, "subnet.id");
    const delegated = textsAt(world.store.find(t.subnet, id)?.inputs ?? {}, "delegations[].serviceName");
    if (delegated.length > 0)
      throw new Refused(
        `PrivateEndpointCannotBeCreatedInSubnetWithDelegation: ${id} is delegated to ${delegated.join(", ")}`,
      );
  },
};

const zoneGroup: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    privateEndpointName: partOf(t.privateEndpoint),
    privateDnsZoneGroupName: { ...usualName(80), required: true },
    "privateDnsZoneConfigs[].privateDnsZoneId": { refers: { to: t.privateZone, atDelete: "leave" } },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/privateEndpoints",
      given(making, "privateEndpointName"),
      "privateDnsZoneGroups",
      given(making, "privateDnsZoneGroupName"),
    ),
  admit: ({ world, inputs, id }) => {
    const other = world.store
      .living([t.zoneGroup])
      .find((record) => record.id !== id && record.inputs.privateEndpointName === inputs.privateEndpointName);
    if (other !== undefined)
      throw new Refused(`PrivateDnsZoneGroupCountLimitReached: an endpoint has one zone group, ${other.id}`);
  },
};

export const privateLink: Readonly<Record<string, Kind>> = {
  [t.privateZone]: privateZone,
  [t.zoneLink]: zoneLink,
  [t.privateEndpoint]: privateEndpoint,
  [t.zoneGroup]: zoneGroup,
};
