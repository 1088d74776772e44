/** Cloud SQL for PostgreSQL: a real Postgres behind the instance's DNS name. */
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bring } from "../core/operations.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import { certificateFacts } from "./certificates.ts";
import { networkOf } from "./network.ts";
import { ipOf, majorOf, refuse, settingsOf } from "./sqlSettings.ts";
import { specOf, user } from "./sqlUsers.ts";
import { own, t } from "./types.ts";
import { given, guarded, inNetwork, projectOf } from "./words.ts";

/** Parts of an instance's DNS names; another one for each instance that is made. */
function dnsNameOf(making: Making, kind: "sql" | "sql-psa"): string {
  const { world, id, created } = making;
  return `${digest(12, id, String(created))}.${digest(12, projectOf(making))}.${world.region}.${kind}.goog.`;
}

/** The password of `postgres`, which nobody is told unless they set it. */
function rootPassword({ id, created, inputs }: Pick<Making, "id" | "created" | "inputs">): string {
  return given({ inputs }, "rootPassword") || digest(40, "root", id, String(created));
}

/** @throws Refused where the network has no connection of private services, or the version goes back */
function admit({ world, inputs, old }: Making): void {
  const vpc = networkOf(world, textOf(ipOf(inputs), "privateNetwork"));
  const connected = world.store
    .living([t.connection])
    .some((found) => networkOf(world, textOf(found.inputs, "network"))?.id === vpc?.id);
  if (vpc !== undefined && !connected)
    throw new Refused(
      `Error 400: Invalid request: Failed to create subnetwork. Couldn't find Service Networking connection of ${vpc.id}., badRequest`,
    );
  if (old === undefined) return;
  if (majorOf(inputs) < majorOf(old.inputs))
    throw new Refused("Error 400: the database version of an instance cannot be lowered., invalid");
}

const instance: Kind = guarded("sqladmin", {
  inputs: {
    // "project:instance" has 98 characters at most.
    name: {
      pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
      says: "lower-case letters, digits and -, a letter first",
      range: [1, 97],
      replaces: true,
    },
    databaseVersion: { pattern: /^POSTGRES_(9_6|1[0-8])$/, says: "POSTGRES_13 to POSTGRES_18 and the like" },
    region: { replaces: true },
    rootPassword: { secret: true },
    "settings.edition": { options: ["ENTERPRISE", "ENTERPRISE_PLUS"] },
    "settings.availabilityType": { options: ["REGIONAL", "ZONAL"], default: "ZONAL" },
    "settings.diskType": {
      options: ["PD_SSD", "PD_HDD", "HYPERDISK_BALANCED"],
      default: "PD_SSD",
      replaces: true,
    },
    "settings.diskSize": { range: [10, 65_536] },
    "settings.deletionProtectionEnabled": { default: false },
    "settings.ipConfiguration.ipv4Enabled": { default: true },
    "settings.ipConfiguration.privateNetwork": { refers: inNetwork.refers },
    "settings.ipConfiguration.sslMode": {
      options: ["ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"],
    },
    "settings.ipConfiguration.serverCaMode": {
      options: ["GOOGLE_MANAGED_INTERNAL_CA", "GOOGLE_MANAGED_CAS_CA", "CUSTOMER_MANAGED_CAS_CA"],
    },
    "settings.ipConfiguration.serverCertificateRotationMode": {
      options: ["NO_AUTOMATIC_ROTATION", "AUTOMATIC_ROTATION_DURING_MAINTENANCE"],
    },
    "settings.backupConfiguration.transactionLogRetentionDays": { range: [1, 35] },
    "settings.finalBackupConfig.retentionDays": { range: [1, 365] },
    deletionProtection: { default: true },
    encryptionKeyName: { replaces: true },
  },
  naming: {
    property: "name",
    scope: "account",
    auto: { limit: 67, lower: true },
    taken:
      "Error 409: The Cloud SQL instance already exists. When you delete an instance, you can't reuse its name for a week, instanceAlreadyExists",
  },
  refuse,
  id: (making) => given(making, "name"),
  admit,
  outputs: {
    selfLink: (making) =>
      `https://sqladmin.googleapis.com/sql/v1beta4/projects/${projectOf(making)}/instances/${making.id}`,
    connectionName: (making) => `${projectOf(making)}:${making.world.region}:${making.id}`,
    instanceType: () => "CLOUD_SQL_INSTANCE",
    dnsNames: (making) => {
      const psc = textsAt(making.inputs, "settings.ipConfiguration.pscConfigs[].allowedConsumerProjects[]");
      const psa = textOf(ipOf(making.inputs), "privateNetwork");
      return [
        ...(psc.length > 0
          ? [
              {
                connectionType: "PRIVATE_SERVICE_CONNECT",
                dnsScope: "INSTANCE",
                name: dnsNameOf(making, "sql"),
              },
            ]
          : []),
        ...(psa !== ""
          ? [
              {
                connectionType: "PRIVATE_SERVICES_ACCESS",
                dnsScope: "INSTANCE",
                name: dnsNameOf(making, "sql-psa"),
              },
            ]
          : []),
      ];
    },
    dnsName: ({ outputs }) => textsAt(outputs, "dnsNames[].name")[0] ?? "",
    pscServiceAttachmentLink: (making) => {
      const { world, id, inputs, created } = making;
      return textsAt(inputs, "settings.ipConfiguration.pscConfigs[].allowedConsumerProjects[]").length === 0
        ? ""
        : `projects/${digest(12, "producer", id)}-tp/regions/${world.region}/serviceAttachments/a-${digest(12, id, String(created))}-psc-service-attachment-${digest(16, id)}`;
    },
    serviceAccountEmailAddress: (making) =>
      `p${digest(10, projectOf(making))}-${digest(6, making.id)}@gcp-sa-cloud-sql.iam.gserviceaccount.com`,
    // Told by the backend.
    serverCaCerts: () => undefined,
  },
  secretOutputs: ["serverCaCerts"],
  behind: async (making) => {
    const { world } = making;
    await world.backend.postgres.ensure(
      specOf(making, { username: "postgres", password: rootPassword(making) }),
    );
    return { serverCaCerts: [certificateFacts(await world.backend.rootsPem())] };
  },
  protectedBy: ({ inputs }) =>
    inputs.deletionProtection !== false
      ? "Error, failed to delete instance because deletion_protection is set to true. Set it to false to proceed with instance deletion"
      : settingsOf(inputs).deletionProtectionEnabled === true
        ? "Error 400: The instance is protected. Please disable the deletion protection (settings.deletionProtectionEnabled) and try again., operationNotAllowed"
        : undefined,
  remove: async ({ world, record }) => {
    const last = bagOf(settingsOf(record.inputs), "finalBackupConfig");
    if (last.enabled === true) bring(world, own.backup, `${record.id}-final`, { instance: record.id }, {});
    await world.backend.postgres.remove(record.id);
  },
  // The network's connection is held as long: Google tidies up behind an instance for four to seven days.
  keeps: () => ({ hours: 7 * 24, why: "the name of a deleted instance stays taken for a week" }),
});

export const sql: Readonly<Record<string, Kind>> = {
  [t.database]: instance,
  [t.databaseUser]: user,
  [own.backup]: { id: () => "", internal: true },
};
