/** Route 53. No name server answers: the sandbox's own does. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import { t } from "./types.ts";
import { arn, freshId, given } from "./words.ts";

const zone: Kind = {
  everywhere: true,
  inputs: {
    name: { range: [1, 255], replaces: true },
    forceDestroy: { default: false },
    comment: { default: "Managed by Pulumi" },
  },
  id: () => `Z0${digest(18, freshId("zone")).toUpperCase()}`,
  outputs: {
    arn: ({ world, id }) => arn({ ...world, account: "" }, "route53", `hostedzone/${id}`, "none"),
    zoneId: ({ id }) => id,
    nameServers: ({ id }) =>
      [1, 2, 3, 4].map(
        (at) =>
          `ns-${Number.parseInt(digest(3, id, String(at)), 16) % 2048}.awsdns-${String(at).padStart(2, "0")}.test`,
      ),
    primaryNameServer: ({ outputs }) => textsAt(outputs, "nameServers[]")[0],
  },
};

const types = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "HTTPS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SPF",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
];

const full = (name: string, domain: string): string =>
  name === "" || name === domain || name.endsWith(`.${domain}`) ? name || domain : `${name}.${domain}`;

const record: Kind = {
  everywhere: true,
  inputs: {
    zoneId: { refers: { to: t.zone, by: ["id"] }, replaces: true },
    name: { replaces: true },
    type: { options: types, replaces: true },
    ttl: { range: [0, 2147483647] },
    aliases: { range: [0, 1] },
    allowOverwrite: { default: false },
  },
  refuse: (inputs) => [
    ...((inputs.aliases === undefined) === (inputs.records === undefined)
      ? ['exactly one of "records" and "aliases" must be set']
      : []),
    ...(inputs.records !== undefined && inputs.ttl === undefined ? ['"ttl" is needed with "records"'] : []),
    ...(inputs.aliases !== undefined && inputs.ttl !== undefined
      ? ['"ttl" must not be set with "aliases"']
      : []),
  ],
  id: ({ inputs }) =>
    [
      given({ inputs }, "zoneId"),
      given({ inputs }, "name"),
      given({ inputs }, "type"),
      ...textsAt(inputs, "setIdentifier"),
    ].join("_"),
  taken: "InvalidChangeBatch: Tried to create resource record set but it already exists",
  admit: ({ world, inputs }) => {
    const domain = textOf(
      world.store.find(t.zone, given({ inputs }, "zoneId"))?.inputs ?? {},
      "name",
    ).replace(/\.$/, "");
    const name = full(given({ inputs }, "name").replace(/\.$/, ""), domain);
    if (inputs.type === "CNAME" && name === domain)
      throw new Refused(
        `InvalidChangeBatch: RRSet of type CNAME with DNS name ${name}. is not permitted at apex in zone ${domain}.`,
      );
    const alias = bagOf({ alias: valuesOf(inputs.aliases) }, "alias");
    if (inputs.aliases !== undefined && textOf(alias, "name") === "")
      throw new Refused("InvalidChangeBatch: an alias must name its target");
  },
  outputs: {
    fqdn: ({ world, inputs }) => {
      const domain = textOf(
        world.store.find(t.zone, given({ inputs }, "zoneId"))?.inputs ?? {},
        "name",
      ).replace(/\.$/, "");
      return full(given({ inputs }, "name").replace(/\.$/, ""), domain);
    },
  },
};

function valuesOf(aliases: Parameters<typeof bagOf>[0][string] | undefined) {
  return (Array.isArray(aliases) ? aliases[0] : undefined) ?? {};
}

export const dns: Readonly<Record<string, Kind>> = { [t.zone]: zone, [t.record]: record };
