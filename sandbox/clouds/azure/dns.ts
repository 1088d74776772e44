/** Public DNS zones and their records: nobody asks them here. */
import { type Kind, Refused } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { t } from "./types.ts";
import { armId, given, inGroup, named, part, partOf, tracked } from "./words.ts";

const zone: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    zoneName: named(/^([a-z0-9_-]+\.)+[a-z]+$/, "a DNS name of two labels at least", 253),
  },
  naming: { ...inGroup("zoneName", 253), auto: { limit: 253, lower: true } },
  refuse: ({ location }) =>
    typeof location === "string" && location.toLowerCase() === "global" ? [] : ['"location" must be Global'],
  id: (making) => armId(making.world, making.inputs, "Microsoft.Network/dnszones", given(making, "zoneName")),
  outputs: {
    nameServers: () => [1, 2, 3, 4].map((at) => `ns${at}-01.azure-dns.invalid.`),
    maxNumberOfRecordSets: () => 10000,
    numberOfRecordSets: () => 2,
  },
};

/** Of each type of record, what holds its values. */
const values: Readonly<Record<string, string>> = {
  A: "aRecords",
  AAAA: "aaaaRecords",
  CAA: "caaRecords",
  CNAME: "cnameRecord",
  MX: "mxRecords",
  NS: "nsRecords",
  TXT: "txtRecords",
  SRV: "srvRecords",
};

const recordSet: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    zoneName: partOf(t.zone),
    recordType: { options: Object.keys(values), replaces: true },
    relativeRecordSetName: {
      pattern: /^(@|\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/i,
      says: "a name below the zone, @ for the zone itself",
      required: true,
      replaces: true,
    },
    ttl: { range: [1, 2147483647], required: true },
  },
  refuse: (inputs) => {
    const key = values[textOf(inputs, "recordType")] ?? "";
    const alias = inputs.targetResource !== undefined;
    return inputs[key] === undefined && !alias
      ? [`"${key}" is needed for a record of type ${textOf(inputs, "recordType")}`]
      : [];
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.Network/dnszones",
      given(making, "zoneName"),
      given(making, "recordType"),
      given(making, "relativeRecordSetName"),
    ),
  admit: ({ world, inputs }) => {
    const id = armId(world, inputs, "Microsoft.Network/dnszones", textOf(inputs, "zoneName"));
    if (world.store.find(t.zone, id) === undefined)
      throw new Refused(`ParentResourceNotFound: there is no zone ${id}`);
  },
  outputs: {
    fqdn: ({ inputs }) => {
      const name = textOf(inputs, "relativeRecordSetName");
      return `${name === "@" ? "" : `${name}.`}${textOf(inputs, "zoneName")}.`;
    },
  },
};

export const dns: Readonly<Record<string, Kind>> = { [t.zone]: zone, [t.recordSet]: recordSet };
