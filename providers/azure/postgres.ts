/** The Postgres server that the tenants share: Flexible Server, or one that is there already. */
import { Configuration, Server } from "@pulumi/azure-native/dbforpostgresql/index.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { adminSecret } from "../addons/index.ts";
import { broughtPostgres } from "../brought.ts";
import type { DatabaseServer, Size } from "../platform.ts";
import { lock } from "./lock.ts";
import type { Network } from "./network.ts";
import { privateZone } from "./privateEndpoint.ts";
import { keeps, localName, nameIn, type Scope } from "./scope.ts";
import type { DatabaseSettings, PrivateZones } from "./settings.ts";
import { sizeOf } from "./sizes.ts";

export interface PostgresArgs {
  readonly settings: DatabaseSettings;
  readonly size: Size;
  readonly namespace: string;
  readonly network: Network;
  readonly zones: PrivateZones;
  /** PEM text in place of the public roots. */
  readonly roots: string | undefined;
}

export interface Postgres {
  readonly server: DatabaseServer<pulumi.Input<string>>;
  /** The password for the admin Secret; undefined where the user made that Secret. */
  readonly password: pulumi.Output<string> | undefined;
  readonly ready: pulumi.Resource[];
}

const port = 5432;
const username = "portolan";
type NewDatabase = Extract<DatabaseSettings, { kind: "new" }>;

export function postgres(scope: Scope, args: PostgresArgs): Postgres {
  const { settings } = args;
  return settings.kind === "new"
    ? newPostgres(scope, settings, args)
    : { server: broughtPostgres(settings, args), password: undefined, ready: [] };
}

function newPostgres(scope: Scope, settings: NewDatabase, args: PostgresArgs): Postgres {
  const { name, lifecycle, parent } = scope;
  // Three kinds of characters at least, which the service asks for.
  const password = new random.RandomPassword(
    `${name}-postgres`,
    { length: 40, special: false, minLower: 1, minUpper: 1, minNumeric: 1 },
    { parent },
  );
  const server = flexibleServer(scope, settings, args, pulumi.secret(password.result));
  const configured = configure(scope, server);
  if (lifecycle === "production") lock(scope, "database", server.id, configured);
  return {
    server: {
      engine: "postgres",
      host: server.fullyQualifiedDomainName,
      port,
      // DigiCert Global Root G2 and Microsoft RSA Root CA 2017, which every image's bundle of public roots has.
      tls: { roots: args.roots ? { caPem: args.roots } : "system" },
      adminUsername: username,
      adminNamespace: args.namespace,
      adminSecret,
    },
    password: password.result,
    ready: [server, ...configured],
  };
}

function flexibleServer(
  scope: Scope,
  settings: NewDatabase,
  args: PostgresArgs,
  password: pulumi.Output<string>,
): Server {
  const { name, location, lifecycle, resourceGroupName, tags, parent } = scope;
  const production = lifecycle === "production";
  const { database } = sizeOf(args.size, lifecycle);
  const subnet = args.network.databaseSubnetId;
  if (!subnet) throw new Error("a new database needs a delegated subnet");
  // Never the server's own name, which ends differently. The link waits for the subnet: deleted the other way round, the
  // subnet is still in use.
  const zone = privateZone(
    scope,
    "database",
    `${localName(scope, "zoneLabel")}.private.postgres.database.azure.com`,
    args.zones.database,
    args.network,
    args.network.ready,
  );
  return new Server(
    `${name}-postgres`,
    {
      serverName: nameIn(scope, "database"),
      resourceGroupName,
      location,
      version: settings.version,
      sku: { name: database.sku, tier: database.tier },
      storage: { storageSizeGB: settings.storage ?? database.storage, autoGrow: "Enabled" },
      administratorLogin: username,
      administratorLoginPassword: password,
      authConfig: { passwordAuth: "Enabled", activeDirectoryAuth: "Disabled" },
      // Inside the network for good: the choice cannot be changed, and nothing is said of public access then.
      network: { delegatedSubnetResourceId: subnet, privateDnsZoneArmResourceId: zone.id },
      backup: {
        backupRetentionDays: production ? 35 : 7,
        geoRedundantBackup: settings.geoRedundantBackup ? "Enabled" : "Disabled",
      },
      highAvailability: { mode: production ? standby(scope) : "Disabled" },
      maintenanceWindow: sundays,
      tags,
    },
    {
      parent,
      ...keeps(lifecycle),
      dependsOn: [...args.network.ready, ...zone.ready],
      ignoreChanges: [
        // A failover swaps the two.
        "availabilityZone",
        "highAvailability.standbyAvailabilityZone",
        // It grew by itself, and is never smaller again: another size leaves it, and only a word of the user's changes it.
        ...(settings.storage === undefined ? ["storage.storageSizeGB"] : []),
      ],
      customTimeouts: { create: "60m", update: "120m", delete: "60m" },
    },
  );
}

function standby({ zones }: Scope): "ZoneRedundant" | "SameZone" {
  return zones.length > 1 ? "ZoneRedundant" : "SameZone";
}

const sundays = { customWindow: "Enabled", dayOfWeek: 0, startHour: 1, startMinute: 0 };

/** What tenants' migrations may make; none of them lets anyone out of its database. */
const extensions = "BTREE_GIN,BTREE_GIST,CITEXT,PG_TRGM,PGCRYPTO,UNACCENT,UUID-OSSP";

/** One after the other: the server takes one change at a time and answers ServerIsBusy to others. */
function configure({ name, resourceGroupName, parent }: Scope, server: Server): Configuration[] {
  const set = (part: string, configurationName: string, value: string, after: pulumi.Resource[]) =>
    new Configuration(
      `${name}-postgres-${part}`,
      { configurationName, value, source: "user-override", serverName: server.name, resourceGroupName },
      { parent, dependsOn: after },
    );
  const transport = set("transport", "require_secure_transport", "on", []);
  return [transport, set("extensions", "azure.extensions", extensions, [transport])];
}
