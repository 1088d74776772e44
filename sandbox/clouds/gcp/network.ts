/** Networks: VPC, subnets, routers and their gateways. */
import { overlaps, parseCidr, type Range } from "../core/cidr.ts";
import { type Kind, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { named } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";
import { anyName, given, guarded, inNetwork, inSubnet, label, path, selfLink, time } from "./words.ts";

const used = "Error 409: already exists, alreadyExists";
// A range can be added to a subnet that is there.
const { replaces: _, ...rangeName } = label(63);

export function networkOf(world: World, value: string): CloudRecord | undefined {
  return named(world, inNetwork.refers, value);
}
export function subnetOf(world: World, value: string): CloudRecord | undefined {
  return named(world, inSubnet.refers, value);
}

/** All ranges that a network's subnets have, nodes' and secondary ones, and those of Google's services in it. */
export function rangesIn(world: World, network: CloudRecord, but = ""): { of: string; range: Range }[] {
  const subnets = world.store
    .living([t.subnet])
    .filter(({ id, inputs }) => id !== but && networkOf(world, textOf(inputs, "network"))?.id === network.id)
    .flatMap(({ id, inputs }) =>
      [...textsAt(inputs, "ipCidrRange"), ...textsAt(inputs, "secondaryIpRanges[].ipCidrRange")].map(
        (text) => ({ of: id, text }),
      ),
    );
  const kept = world.store
    .living([t.globalAddress])
    .filter(({ id, inputs }) => id !== but && networkOf(world, textOf(inputs, "network"))?.id === network.id)
    .map(({ id, outputs }) => ({
      of: id,
      text: `${textOf(outputs, "address")}/${String(outputs.prefixLength)}`,
    }));
  const caches = world.store
    .living([t.redis])
    .filter(
      ({ id, inputs }) =>
        id !== but && networkOf(world, textOf(inputs, "authorizedNetwork"))?.id === network.id,
    )
    .map(({ id, inputs }) => ({ of: id, text: textOf(inputs, "reservedIpRange") }));
  return [...subnets, ...kept, ...caches].flatMap(({ of, text }) => {
    const range = parseCidr(text);
    return range === undefined ? [] : [{ of, range }];
  });
}

/** @throws Refused where one of the ranges is taken in the network, or by another of them */
export function requireFreeRanges(
  world: World,
  network: CloudRecord,
  texts: readonly string[],
  self: string,
): void {
  const there = rangesIn(world, network, self);
  for (const [at, text] of texts.entries()) {
    const range = parseCidr(text);
    if (range === undefined) continue;
    const own = texts.slice(0, at).flatMap((other) => {
      const found = parseCidr(other);
      return found === undefined ? [] : [{ of: self, range: found }];
    });
    const clash = [...there, ...own].find((other) => overlaps(other.range, range));
    if (clash !== undefined)
      throw new Refused(
        `Error 400: Invalid IPCidrRange: ${text} conflicts with a range of ${clash.of}., invalidResourceUsage`,
      );
  }
}

const network = guarded("compute", {
  everywhere: true,
  inputs: {
    name: label(63),
    autoCreateSubnetworks: { default: true, replaces: true },
    routingMode: { options: ["REGIONAL", "GLOBAL"], default: "REGIONAL" },
    mtu: { range: [1300, 8896] },
    description: { replaces: true },
  },
  naming: { property: "name", scope: "account", auto: { limit: 63, lower: true }, taken: used },
  refuse: (inputs) =>
    inputs.autoCreateSubnetworks === false
      ? []
      : ['"autoCreateSubnetworks" must be false: a network with a subnet in every region is not simulated'],
  id: (making) => path(making, "global/networks"),
  outputs: {
    selfLink: ({ id }) => selfLink(id),
    networkId: ({ id, created }) => numeric(id, created),
    numericId: ({ id, created }) => numeric(id, created),
  },
});

/** The long number that Compute Engine gives everything. */
export function numeric(id: string, created: number): string {
  return String(BigInt(`0x${digest(15, id, String(created))}`));
}

const subnet = guarded("compute", {
  inputs: {
    name: label(63),
    network: inNetwork,
    ipCidrRange: { required: true },
    region: { replaces: true },
    purpose: { default: "PRIVATE", replaces: true },
    privateIpGoogleAccess: { default: false },
    "secondaryIpRanges[].rangeName": rangeName,
    "logConfig.flowSampling": { range: [0, 1] },
  },
  naming: { property: "name", scope: "region", auto: { limit: 63, lower: true }, taken: used },
  refuse: (inputs) => {
    const texts = [...textsAt(inputs, "ipCidrRange"), ...textsAt(inputs, "secondaryIpRanges[].ipCidrRange")];
    return texts.flatMap((text) => {
      const range = parseCidr(text);
      if (range === undefined)
        return [`a range must be like 10.0.0.0/20, its address ending where its mask says, not "${text}"`];
      return range.bits >= 4 && range.bits <= 29 ? [] : [`a range must be between /4 and /29, not "${text}"`];
    });
  },
  id: (making) => path(making, `regions/${making.world.region}/subnetworks`),
  admit: ({ world, id, inputs, old }) => {
    const texts = [...textsAt(inputs, "ipCidrRange"), ...textsAt(inputs, "secondaryIpRanges[].ipCidrRange")];
    const vpc = networkOf(world, given({ inputs }, "network"));
    if (vpc !== undefined) requireFreeRanges(world, vpc, texts, id);
    const [before, after] = [old?.inputs ?? inputs, inputs].map((bag) =>
      parseCidr(textOf(bag, "ipCidrRange")),
    );
    if (before !== undefined && after !== undefined && (after.from > before.from || after.to < before.to))
      throw new Refused("Error 400: the range of a subnetwork can only be made larger., invalid");
  },
  outputs: {
    selfLink: ({ id }) => selfLink(id),
    network: ({ world, inputs }) => selfLink(networkOf(world, given({ inputs }, "network"))?.id ?? ""),
    gatewayAddress: ({ inputs }) => addressIn(given({ inputs }, "ipCidrRange"), 1),
    creationTimestamp: ({ created }) => time(created),
    stackType: () => "IPV4_ONLY",
  },
});

/** The address at a place of a range. */
export function addressIn(cidr: string, at: number): string {
  const { from = 0, to = 0 } = parseCidr(cidr) ?? {};
  const number = from + (at % Math.max(1, to - from));
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

const router = guarded("compute", {
  inputs: { name: label(63), network: inNetwork, region: { replaces: true } },
  naming: { property: "name", scope: "region", auto: { limit: 63, lower: true }, taken: used },
  id: (making) => path(making, `regions/${making.world.region}/routers`),
  outputs: { selfLink: ({ id }) => selfLink(id), creationTimestamp: ({ created }) => time(created) },
});

const nat: Kind = guarded("compute", {
  inputs: {
    name: { ...label(63) },
    router: { refers: { to: t.router, by: anyName, atDelete: "cascade" }, replaces: true },
    region: { replaces: true },
    natIpAllocateOption: { options: ["AUTO_ONLY", "MANUAL_ONLY"] },
    sourceSubnetworkIpRangesToNat: {
      options: [
        "ALL_SUBNETWORKS_ALL_IP_RANGES",
        "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES",
        "LIST_OF_SUBNETWORKS",
      ],
    },
    "subnetworks[].name": { refers: inSubnet.refers },
    "subnetworks[].sourceIpRangesToNats[]": {
      options: ["ALL_IP_RANGES", "LIST_OF_SECONDARY_IP_RANGES", "PRIMARY_IP_RANGE"],
    },
    "logConfig.filter": { options: ["ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL"] },
  },
  refuse: (inputs) => {
    const listed = textsAt(inputs, "subnetworks[].name").length > 0;
    const asked = inputs.sourceSubnetworkIpRangesToNat === "LIST_OF_SUBNETWORKS";
    return listed === asked ? [] : ['"subnetworks" go with LIST_OF_SUBNETWORKS, and only with it'];
  },
  id: (making) =>
    `${making.world.account}/${making.world.region}/${given(making, "router")}/${given(making, "name")}`,
  taken: used,
  admit: ({ world, id, inputs }) => {
    const all = (bag: typeof inputs) => textOf(bag, "sourceSubnetworkIpRangesToNat").startsWith("ALL_");
    const home = (bag: typeof inputs) =>
      world.store.living([t.router]).find(({ inputs: other }) => other.name === textOf(bag, "router"))?.inputs
        .network;
    const clash = world.store
      .living([t.nat])
      .find(
        (other) =>
          other.id !== id &&
          other.region === world.region &&
          home(other.inputs) === home(inputs) &&
          (all(other.inputs) || all(inputs)),
      );
    if (clash !== undefined)
      throw new Refused(
        `Error 400: NAT ${clash.id} has all subnetworks of the network in this region: there can be no other., invalid`,
      );
  },
});

export const networks: Readonly<Record<string, Kind>> = {
  [t.network]: network,
  [t.subnet]: subnet,
  [t.router]: router,
  [t.nat]: nat,
};
