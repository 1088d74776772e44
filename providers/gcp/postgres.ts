/** The Postgres server that the tenants share: Cloud SQL, or one that is there already. */
import { DatabaseInstance } from "@pulumi/gcp/sql/databaseInstance.js";
import { User } from "@pulumi/gcp/sql/user.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { adminSecret } from "../addons/index.ts";
import { broughtPostgres } from "../brought.ts";
import type { DatabaseServer, Size } from "../platform.ts";
import { databaseEndpoint } from "./databaseEndpoint.ts";
import type { Network } from "./network.ts";
import { deletionPolicy, keeps, nameIn, type Scope } from "./scope.ts";
import type { DatabaseSettings } from "./settings.ts";
import { availability, databaseTier } from "./sizes.ts";

export interface PostgresArgs {
  readonly settings: DatabaseSettings;
  readonly size: Size;
  readonly namespace: string;
  readonly network: Network;
  /** PEM text in place of the instance's own authority. */
  readonly roots: string | undefined;
}

export interface Postgres {
  readonly server: DatabaseServer;
  /** The admin's, for the Secret in the cluster; none where the user made that Secret. */
  readonly password?: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** Not `postgres`, which every instance has from the start, without a password. */
const username = "portolan";

export function postgres(scope: Scope, args: PostgresArgs): Postgres {
  const { settings } = args;
  return settings.kind === "new"
    ? newServer(scope, settings.version, args)
    : { server: broughtPostgres(settings, args), ready: [] };
}

function newServer(scope: Scope, version: string, args: PostgresArgs): Postgres {
  const { name, parent } = scope;
  const made = instance(scope, version, args.size);
  const endpoint = databaseEndpoint(scope, made, args.network);
  const password = new random.RandomPassword(
    `${name}-database-admin`,
    { length: 40, special: false },
    { parent },
  );
  const admin = new User(
    `${name}-database-admin`,
    {
      instance: made.name,
      name: username,
      password: password.result,
      // It goes with the instance. Dropped by itself it would fail while it owns anything.
      deletionPolicy: "ABANDON",
    },
    { parent },
  );
  return {
    server: {
      engine: "postgres",
      host: endpoint.host,
      port: 5432,
      tls: { roots: { caPem: args.roots ?? authorities(made) } },
      adminUsername: username,
      adminNamespace: args.namespace,
      adminSecret,
    },
    password: password.result,
    ready: [admin, ...endpoint.ready],
  };
}

function instance(scope: Scope, version: string, size: Size): DatabaseInstance {
  const { name, lifecycle, project, region, parent } = scope;
  const production = lifecycle === "production";
  return new DatabaseInstance(
    `${name}-postgres`,
    {
      // A freed name may stay reserved for a week.
      name: nameIn(scope, "database"),
      databaseVersion: `POSTGRES_${version}`,
      region,
      // Two guards: this one is the provider's, the one among the settings is the API's.
      deletionProtection: production,
      deletionPolicy: deletionPolicy(lifecycle),
      settings: {
        // The default from version 16 on is the other edition, which has other machines.
        edition: "ENTERPRISE",
        tier: databaseTier(size),
        availabilityType: availability(lifecycle),
        deletionProtectionEnabled: production,
        diskType: "PD_SSD",
        // No size beside it: what has grown would be cut back.
        diskAutoresize: true,
        ipConfiguration: {
          ipv4Enabled: false,
          sslMode: "ENCRYPTED_ONLY",
          serverCaMode: "GOOGLE_MANAGED_CAS_CA",
          // Unsaid, nobody renews the certificate, and when it ends every client that verifies it stops.
          serverCertificateRotationMode: "AUTOMATIC_ROTATION_DURING_MAINTENANCE",
          pscConfigs: [{ pscEnabled: true, allowedConsumerProjects: [project] }],
        },
        backupConfiguration: production
          ? {
              enabled: true,
              pointInTimeRecoveryEnabled: true,
              transactionLogRetentionDays: 7,
              backupRetentionSettings: { retainedBackups: 30 },
            }
          : { enabled: false, pointInTimeRecoveryEnabled: false },
        // Said in both, lest what is left out stays as it was: a disposable instance would leave a last backup.
        retainBackupsOnDelete: production,
        finalBackupConfig: production ? { enabled: true, retentionDays: 30 } : { enabled: false },
        ...(production ? { insightsConfig: { queryInsightsEnabled: true } } : {}),
      },
    },
    {
      parent,
      dependsOn: scope.apis,
      ...keeps(lifecycle),
      customTimeouts: { create: "60m", update: "120m", delete: "60m" },
    },
  );
}

/** Certificates are public; the provider marks them secret, and no ConfigMap could hold them then. */
function authorities(made: DatabaseInstance): pulumi.Output<string> {
  return pulumi
    .unsecret(made.serverCaCerts)
    .apply((all) => all.map(({ cert }) => `${cert.trim()}\n`).join(""));
}
