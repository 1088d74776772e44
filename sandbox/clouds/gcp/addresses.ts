/** Addresses, endpoints of Private Service Connect, and the connection of private services. */
import { type Deleting, type Kind, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { named } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { addressIn, networkOf, numeric, requireFreeRanges, subnetOf } from "./network.ts";
import { t } from "./types.ts";
import {
  anyName,
  given,
  guarded,
  inNetwork,
  inSubnet,
  label,
  path,
  projectOf,
  selfLink,
  time,
  wrongLabels,
} from "./words.ts";

const used = "Error 409: already exists, alreadyExists";

/** An address of the documentation's range (RFC 5737): nobody has it. */
const outside = (id: string): string => addressIn("203.0.113.0/24", Number.parseInt(digest(6, id), 16));

/** A Service of the cluster may have come by it. */
async function requireUnused({ world, record }: Deleting): Promise<void> {
  if (record.inputs.addressType === "INTERNAL" || world.store.living([t.cluster]).length === 0) return;
  const balancer = (await world.backend.made()).addresses[textOf(record.inputs, "name")];
  if (balancer !== undefined)
    throw new Refused(
      `Error 400: The address resource '${record.id}' is already being used by the forwarding rule of ${balancer}, resourceInUseByAnotherResource`,
      true,
    );
}

const address = guarded("compute", {
  inputs: {
    name: label(63),
    region: { replaces: true },
    addressType: { options: ["EXTERNAL", "INTERNAL"], default: "EXTERNAL", replaces: true },
    subnetwork: inSubnet,
    network: inNetwork,
    purpose: { replaces: true },
    networkTier: { options: ["PREMIUM", "STANDARD", "FIXED_STANDARD"], replaces: true },
    address: { replaces: true },
  },
  naming: { property: "name", scope: "region", auto: { limit: 63, lower: true }, taken: used },
  refuse: (inputs) => [
    ...wrongLabels(inputs),
    ...(inputs.addressType !== "INTERNAL" && (inputs.subnetwork ?? inputs.purpose) !== undefined
      ? ['"subnetwork" and "purpose" go with "addressType" INTERNAL only']
      : []),
    ...(inputs.addressType === "INTERNAL" && (inputs.subnetwork ?? inputs.network) === undefined
      ? ['"subnetwork" is needed with "addressType" INTERNAL: the simulated cloud has no default network']
      : []),
  ],
  id: (making) => path(making, `regions/${making.world.region}/addresses`),
  outputs: {
    selfLink: ({ id }) => selfLink(id),
    address: ({ world, id, inputs }) => {
      const within = subnetOf(world, given({ inputs }, "subnetwork"));
      if (inputs.address !== undefined) return inputs.address;
      // The first four and the last one of a subnet are Google's.
      return within === undefined
        ? outside(id)
        : addressIn(textOf(within.inputs, "ipCidrRange"), 4 + (Number.parseInt(digest(6, id), 16) % 200));
    },
    addressId: ({ id, created }) => numeric(id, created),
    creationTimestamp: ({ created }) => time(created),
    networkTier: ({ inputs }) => inputs.networkTier ?? "PREMIUM",
    purpose: ({ inputs }) => inputs.purpose ?? (inputs.addressType === "INTERNAL" ? "GCE_ENDPOINT" : ""),
  },
  release: requireUnused,
});

const globalAddress = guarded("compute", {
  everywhere: true,
  inputs: {
    name: label(63),
    addressType: { options: ["EXTERNAL", "INTERNAL"], default: "EXTERNAL", replaces: true },
    purpose: { options: ["VPC_PEERING", "PRIVATE_SERVICE_CONNECT"], replaces: true },
    network: inNetwork,
    prefixLength: { range: [8, 29], replaces: true },
    address: { replaces: true },
  },
  naming: { property: "name", scope: "account", auto: { limit: 63, lower: true }, taken: used },
  refuse: (inputs) => [
    ...wrongLabels(inputs),
    ...(inputs.purpose === "VPC_PEERING" && (inputs.prefixLength ?? inputs.network) === undefined
      ? ['"prefixLength" and "network" are needed with "purpose" VPC_PEERING']
      : []),
  ],
  id: (making) => path(making, "global/addresses"),
  admit: ({ world, id, inputs }) => {
    const vpc = networkOf(world, given({ inputs }, "network"));
    if (vpc !== undefined && inputs.address !== undefined)
      requireFreeRanges(world, vpc, [`${String(inputs.address)}/${String(inputs.prefixLength)}`], id);
  },
  outputs: {
    selfLink: ({ id }) => selfLink(id),
    address: ({ id, inputs }) =>
      inputs.address ??
      (inputs.purpose === "VPC_PEERING"
        ? `10.${200 + (Number.parseInt(digest(2, id), 16) % 50)}.0.0`
        : outside(id)),
    creationTimestamp: ({ created }) => time(created),
  },
});

/** The database whose service attachment a rule leads to. */
function producerOf(world: World, target: string): CloudRecord | undefined {
  return named(world, { to: t.database, by: ["pscServiceAttachmentLink"] }, target);
}

const forwardingRule = guarded("compute", {
  inputs: {
    name: label(63),
    region: { replaces: true },
    network: inNetwork,
    subnetwork: inSubnet,
    ipAddress: {
      refers: { to: t.address, by: ["selfLink", "id", "address", "name"], unless: /^[\d.]+$/ },
      replaces: true,
    },
    // An endpoint whose producer goes is closed, and stays.
    target: { refers: { to: t.database, by: ["pscServiceAttachmentLink"], atDelete: "leave" } },
    loadBalancingScheme: {
      options: ["EXTERNAL", "EXTERNAL_MANAGED", "INTERNAL", "INTERNAL_MANAGED", ""],
      default: "EXTERNAL",
      replaces: true,
    },
  },
  naming: { property: "name", scope: "region", auto: { limit: 63, lower: true }, taken: used },
  refuse: (inputs) => [
    ...wrongLabels(inputs),
    ...(inputs.target !== undefined && inputs.loadBalancingScheme !== ""
      ? ['"loadBalancingScheme" must be "" where "target" is a service attachment']
      : []),
    ...(inputs.target === undefined
      ? ['"target" is needed: the simulated cloud has endpoints of Private Service Connect only']
      : []),
  ],
  id: (making) => path(making, `regions/${making.world.region}/forwardingRules`),
  admit: ({ world, inputs }) => {
    const ip = named(
      world,
      { to: t.address, by: ["selfLink", "id", "address", "name"] },
      given({ inputs }, "ipAddress"),
    );
    const taken = world.store
      .living([t.forwardingRule])
      .find(
        ({ inputs: other }) =>
          ip !== undefined && other.ipAddress === inputs.ipAddress && other.name !== inputs.name,
      );
    if (taken !== undefined)
      throw new Refused(
        `Error 400: The IP address is in use by ${taken.id}., resourceInUseByAnotherResource`,
      );
  },
  outputs: {
    selfLink: ({ id }) => selfLink(id),
    creationTimestamp: ({ created }) => time(created),
    pscConnectionId: ({ id, created }) => numeric(id, created),
    pscConnectionStatus: (making) => {
      const { world, inputs } = making;
      const producer = producerOf(world, given({ inputs }, "target"));
      const allowed = textsAt(
        producer?.inputs ?? {},
        "settings.ipConfiguration.pscConfigs[].allowedConsumerProjects[]",
      );
      return allowed.includes(projectOf(making)) ? "ACCEPTED" : "PENDING";
    },
  },
});

/** Servers that reach a network by its connection, and those that are gone and not yet tidied up behind. */
function producersIn(world: World, network: CloudRecord): CloudRecord[] {
  return world.store.all().filter(({ type, inputs, kept }) => {
    if (kept?.until !== undefined && kept.until !== null && kept.until <= world.now()) return false;
    const of =
      type === t.redis && inputs.connectMode === "PRIVATE_SERVICE_ACCESS"
        ? textOf(inputs, "authorizedNetwork")
        : type === t.database
          ? (textsAt(inputs, "settings.ipConfiguration.privateNetwork")[0] ?? "")
          : "";
    return of !== "" && networkOf(world, of)?.id === network.id;
  });
}

const connection = guarded("servicenetworking", {
  everywhere: true,
  inputs: {
    network: inNetwork,
    service: { options: ["servicenetworking.googleapis.com"], replaces: true },
    "reservedPeeringRanges[]": { refers: { to: t.globalAddress, by: ["name"] } },
    reservedPeeringRanges: { range: [1, 100] },
  },
  id: ({ world, inputs }) =>
    `${networkOf(world, given({ inputs }, "network"))?.id ?? ""}:${given({ inputs }, "service")}`,
  taken:
    "Error 400: Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection. A network has one connection",
  admit: ({ world, inputs }) => {
    for (const name of textsAt(inputs, "reservedPeeringRanges[]")) {
      const found = named(world, { to: t.globalAddress, by: anyName }, name);
      if (found?.inputs.purpose !== "VPC_PEERING")
        throw new Refused(`Error 400: the range ${name} must have purpose VPC_PEERING., badRequest`);
    }
  },
  outputs: { peering: () => "servicenetworking-googleapis-com" },
  release: ({ world, record }) => {
    const vpc = networkOf(world, textOf(record.inputs, "network"));
    const [holder] = vpc === undefined ? [] : producersIn(world, vpc);
    if (holder !== undefined)
      throw new Refused(
        `Error waiting for Delete Service Networking Connection: Error code 9, message: Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection: ${holder.id}${holder.kept === undefined ? "" : ", which is deleted and not tidied up behind"}.`,
        true,
      );
  },
});

export const addresses: Readonly<Record<string, Kind>> = {
  [t.address]: address,
  [t.globalAddress]: globalAddress,
  [t.forwardingRule]: forwardingRule,
  [t.connection]: connection,
};
