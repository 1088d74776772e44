/** Cloud DNS. No name server answers: the sandbox's own does. */
import { type Kind, Refused } from "../core/kind.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { named } from "../core/references.ts";
import { numeric } from "./network.ts";
import { t } from "./types.ts";
import { given, guarded, inNetwork, label, path, projectOf, time, wrongLabels } from "./words.ts";

const dot = { pattern: /\.$/, says: 'a full name, with "." at its end', replaces: true } as const;

const zone = guarded("dns", {
  everywhere: true,
  inputs: {
    name: label(63),
    dnsName: dot,
    description: { range: [0, 1024] },
    visibility: { options: ["public", "private"], default: "public", replaces: true },
    // A network takes its private zones' place in it away with itself.
    "privateVisibilityConfig.networks[].networkUrl": { refers: { ...inNetwork.refers, atDelete: "leave" } },
    forceDestroy: { default: false },
  },
  naming: {
    property: "name",
    scope: "account",
    auto: { limit: 63, lower: true },
    taken: "Error 409: The resource 'entity.managedZone' already exists, alreadyExists",
  },
  refuse: (inputs) => {
    const networks = textsAt(inputs, "privateVisibilityConfig.networks[].networkUrl").length;
    return [
      ...wrongLabels(inputs),
      ...(inputs.visibility === "private" && networks === 0
        ? ['"privateVisibilityConfig" is needed with "visibility" private']
        : []),
      ...(inputs.visibility !== "private" && networks > 0
        ? ['"privateVisibilityConfig" goes with "visibility" private only']
        : []),
    ];
  },
  id: (making) => path(making, "managedZones"),
  outputs: {
    managedZoneId: ({ id, created }) => numeric(id, created),
    creationTime: ({ created }) => time(created),
    nameServers: () => ["a", "b", "c", "d"].map((at) => `ns-cloud-${at}1.googledomains.test.`),
  },
});

const types = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"];

const record = guarded("dns", {
  everywhere: true,
  inputs: {
    // A zone that is forced goes with what is in it; any other must be empty.
    managedZone: { refers: { to: t.zone, by: ["name", "id"] }, replaces: true },
    name: dot,
    type: { options: types, replaces: true },
    ttl: { range: [0, 2_147_483_647] },
    rrdatas: { range: [1, 100] },
  },
  refuse: (inputs) =>
    (inputs.rrdatas === undefined) === (inputs.routingPolicy === undefined)
      ? ['exactly one of "rrdatas" and "routingPolicy" must be set']
      : [],
  id: (making) =>
    `projects/${projectOf(making)}/managedZones/${given(making, "managedZone")}/rrsets/${given(making, "name")}/${given(making, "type")}`,
  taken: "Error 409: The resource 'entity.change.additions[0]' already exists, alreadyExists",
  admit: ({ world, inputs }) => {
    const home = named(world, { to: t.zone, by: ["name", "id"] }, given({ inputs }, "managedZone"));
    const domain = textOf(home?.inputs ?? {}, "dnsName");
    const name = given({ inputs }, "name");
    if (name !== domain && !name.endsWith(`.${domain}`))
      throw new Refused(
        `Error 400: Invalid value for 'entity.change.additions[0].name': '${name}' is not in zone ${domain}, invalid`,
      );
    if (inputs.type === "CNAME" && name === domain)
      throw new Refused(
        `Error 400: The resource record set '${name}' of type CNAME may not be at the top., invalid`,
      );
  },
});

export const dns: Readonly<Record<string, Kind>> = { [t.zone]: zone, [t.record]: record };
