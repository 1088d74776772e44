/** Flexible Server: a real Postgres behind the managed host name. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { parseCidr } from "../core/cidr.ts";
import { type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { textOf, textsAt, valuesAt } from "../core/paths.ts";
import { holdersOf } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { inSubnet, postgresDelegation } from "./network.ts";
import { t } from "./types.ts";
import { alone, armId, given, lastPart, part, partOf, tracked } from "./words.ts";

const transport = "require_secure_transport";

function numberAt(inputs: PlainBag, path: string): number | undefined {
  const [first] = valuesAt(inputs, path);
  return typeof first?.value === "number" ? first.value : undefined;
}

function refuse(inputs: PlainBag): readonly string[] {
  const [tier] = textsAt(inputs, "sku.tier");
  const [standby = "Disabled"] = textsAt(inputs, "highAvailability.mode");
  const [size = ""] = textsAt(inputs, "sku.name");
  const prefix = { Burstable: "Standard_B", GeneralPurpose: "Standard_D", MemoryOptimized: "Standard_E" };
  const wanted = Object.entries(prefix).find(([name]) => name === tier)?.[1];
  const [zone] = textsAt(inputs, "network.privateDnsZoneArmResourceId");
  const [subnet] = textsAt(inputs, "network.delegatedSubnetResourceId");
  const name = lastPart(zone ?? "");
  const isSuffix =
    name.endsWith(".postgres.database.azure.com") &&
    name !== `${textOf(inputs, "serverName")}.postgres.database.azure.com`;
  const isNew =
    inputs.createMode === undefined || inputs.createMode === "Create" || inputs.createMode === "Default";
  return [
    ...(isNew
      ? ["version", "sku", "storage", "administratorLogin", "administratorLoginPassword"].flatMap((key) =>
          inputs[key] === undefined ? [`"${key}" is needed`] : [],
        )
      : []),
    ...(wanted !== undefined && !size.startsWith(wanted)
      ? [`"sku.name" of tier ${tier} must begin with ${wanted}, not be "${size}"`]
      : []),
    ...(tier === "Burstable" && standby !== "Disabled"
      ? ['"highAvailability.mode" must be Disabled in the tier Burstable']
      : []),
    ...(subnet !== undefined && zone === undefined
      ? ['"network.privateDnsZoneArmResourceId" is needed with a delegated subnet']
      : []),
    ...(zone !== undefined && !isSuffix
      ? [
          `the private zone's name must end with .postgres.database.azure.com and not be the server's own, not "${name}"`,
        ]
      : []),
  ];
}

function admit({ world, inputs, id, old }: Making): void {
  const [subnet = ""] = textsAt(inputs, "network.delegatedSubnetResourceId");
  const place = world.store.find(t.subnet, subnet);
  if (place !== undefined) {
    if (!textsAt(place.inputs, "delegations[].serviceName").includes(postgresDelegation))
      throw new Refused(`InvalidSubnetDelegation: ${subnet} is not delegated to ${postgresDelegation}`);
    if ((parseCidr(textOf(place.inputs, "addressPrefix"))?.bits ?? 0) > 28)
      throw new Refused(`SubnetTooSmall: ${subnet} must be a /28 at least`);
    const other = holdersOf(world, place).find(({ holder }) => holder.type !== t.server && holder.id !== id);
    if (other !== undefined) throw new Refused(`SubnetInUse: ${subnet} is also used by ${other.holder.id}`);
  }
  if (old === undefined) return;
  const [before, after] = [
    numberAt(old.inputs, "storage.storageSizeGB"),
    numberAt(inputs, "storage.storageSizeGB"),
  ];
  if (before !== undefined && after !== undefined && after < before)
    throw new Refused("StorageSizeCannotBeDecreased: the storage of a server only grows");
  if (Number(textOf(inputs, "version")) < Number(textOf(old.inputs, "version")))
    throw new Refused("VersionCannotBeLowered: the major version of a server only rises");
  const changed = (path: string) => textsAt(old.inputs, path)[0] !== textsAt(inputs, path)[0];
  if (changed("sku.name") && changed("highAvailability.mode"))
    throw new Refused(
      "InvalidParameterValue: high availability and the compute size of a server are changed one after the other",
    );
  if (textsAt(old.inputs, "network.delegatedSubnetResourceId")[0] !== (subnet === "" ? undefined : subnet))
    throw new Refused("NetworkCannotBeChanged: a server stays in the network it was made in");
}

/** The value of a setting of a server, unless it is the one under change. */
function settingOf(world: World, serverId: string, name: string): string | undefined {
  const id = `${serverId}/configurations/${name}`;
  const value = world.store.living([t.configuration]).find((record) => record.id === id)?.inputs.value;
  return typeof value === "string" ? value : undefined;
}

async function ensure(
  { world, id, inputs, outputs }: Pick<Making, "world" | "id" | "inputs" | "outputs">,
  secure: string | undefined,
): Promise<void> {
  await world.backend.postgres.ensure({
    id,
    host: textOf(outputs, "fullyQualifiedDomainName"),
    port: 5432,
    version: textOf(inputs, "version"),
    username: textOf(inputs, "administratorLogin"),
    password: textOf(inputs, "administratorLoginPassword"),
    requireTls: (secure ?? "on").toLowerCase() !== "off",
  });
}

const server: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    serverName: {
      pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
      says: "lower-case letters, digits and -",
      range: [3, 63],
      replaces: true,
    },
    version: { options: ["11", "12", "13", "14", "15", "16", "17", "18"] },
    "storage.storageSizeGB": { range: [32, 32768] },
    "storage.type": { replaces: true },
    "backup.backupRetentionDays": { range: [7, 35] },
    "backup.geoRedundantBackup": { replaces: true },
    administratorLogin: {
      pattern:
        /^(?!pg_|azure_superuser$|azure_pg_admin$|admin$|administrator$|root$|guest$|public$)\w{1,63}$/,
      says: "letters, digits and _, and no word that the service keeps for itself",
      replaces: true,
    },
    administratorLoginPassword: { secret: true, range: [8, 128] },
    "network.delegatedSubnetResourceId": inSubnet,
    "network.privateDnsZoneArmResourceId": { refers: { to: t.privateZone } },
  },
  naming: {
    property: "serverName",
    scope: "global",
    auto: { limit: 63, lower: true },
    taken: "ServerNameAlreadyExists: the name is shared by all users",
  },
  refuse,
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.DBforPostgreSQL/flexibleServers",
      given(making, "serverName"),
    ),
  admit,
  outputs: {
    fullyQualifiedDomainName: (making) => `${given(making, "serverName")}.postgres.database.azure.com`,
    state: () => "Ready",
    minorVersion: () => "1",
  },
  behind: async (making) => {
    await ensure(making, settingOf(making.world, making.id, transport));
    return undefined;
  },
  remove: ({ world, record }) => world.backend.postgres.remove(record.id),
};

function serverOf(world: World, inputs: PlainBag): CloudRecord | undefined {
  const id = armId(world, inputs, "Microsoft.DBforPostgreSQL/flexibleServers", textOf(inputs, "serverName"));
  return world.store.find(t.server, id);
}

/** A setting: the API puts it, and its deletion puts the default back. */
async function configure(world: World, inputs: PlainBag, value: string | undefined): Promise<void> {
  const of = serverOf(world, inputs);
  if (of === undefined) return;
  await alone(of.id, "ServerIsBusy", false, async () => {
    if (inputs.configurationName === transport) await ensure({ ...of, world }, value);
  });
}

const configuration: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    serverName: partOf(t.server),
    configurationName: {
      pattern: /^[a-z_]+(\.[a-z_]+)?$/,
      says: "a setting of Postgres",
      required: true,
      replaces: true,
    },
    source: { options: ["user-override", "system-default"] },
  },
  refuse: (inputs) =>
    inputs.value !== undefined && inputs.source !== "user-override"
      ? ['"source" must be user-override for a value to be taken']
      : [],
  puts: true,
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.DBforPostgreSQL/flexibleServers",
      given(making, "serverName"),
      "configurations",
      given(making, "configurationName"),
    ),
  behind: async ({ world, inputs }) => {
    await configure(world, inputs, textOf(inputs, "value"));
    return undefined;
  },
  remove: async ({ world, record }) => configure(world, record.inputs, undefined),
};

export const postgres: Readonly<Record<string, Kind>> = {
  [t.server]: server,
  [t.configuration]: configuration,
};
