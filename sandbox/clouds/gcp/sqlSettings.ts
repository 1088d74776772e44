/** What settings of Cloud SQL mean, and which cannot be. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";

export const settingsOf = (inputs: PlainBag): PlainBag => bagOf(inputs, "settings");
export const ipOf = (inputs: PlainBag): PlainBag => bagOf(settingsOf(inputs), "ipConfiguration");

/** Memory of a custom machine in MiB: a multiple of 256, 3840 at least, 0.9 to 6.5 GiB a CPU; one CPU or an even number. */
function wrongTier(tier: string, edition: string): readonly string[] {
  if (edition === "ENTERPRISE_PLUS")
    return /^db-(perf-optimized-N|c4a-highmem|memory-optimized-N)-\d+$/.test(tier)
      ? []
      : [`"settings.tier" must be like db-perf-optimized-N-2 in edition ENTERPRISE_PLUS, not "${tier}"`];
  if (tier === "db-f1-micro" || tier === "db-g1-small") return [];
  const [, cpus = "", memory = ""] = /^db-custom-(\d+)-(\d+)$/.exec(tier) ?? [];
  const [cpu, mib] = [Number(cpus), Number(memory)];
  const fits =
    cpu > 0 &&
    (cpu === 1 || cpu % 2 === 0) &&
    cpu <= 96 &&
    mib % 256 === 0 &&
    mib >= Math.max(3840, cpu * 0.9 * 1024) &&
    mib <= cpu * 6.5 * 1024;
  return fits
    ? []
    : [
        `"settings.tier" must be db-custom-CPUS-MIB, memory a multiple of 256 from 3840 on and 0.9 to 6.5 GiB a CPU, not "${tier}"`,
      ];
}

/** From PostgreSQL 16 on the default edition is the larger one. */
function editionOf(inputs: PlainBag): string {
  const said = textOf(settingsOf(inputs), "edition");
  return said !== "" ? said : majorOf(inputs) >= 16 ? "ENTERPRISE_PLUS" : "ENTERPRISE";
}
export const majorOf = (inputs: PlainBag): number => Number(textOf(inputs, "databaseVersion").split("_")[1]);

/** Mistakes between settings. */
export function refuse(inputs: PlainBag): readonly string[] {
  const settings = settingsOf(inputs);
  const ip = ipOf(inputs);
  const backup = bagOf(settings, "backupConfiguration");
  const psc = textsAt(inputs, "settings.ipConfiguration.pscConfigs[].allowedConsumerProjects[]").length > 0;
  return [
    ...(inputs.settings === undefined
      ? ['"settings" is needed']
      : wrongTier(textOf(settings, "tier"), editionOf(inputs))),
    ...(settings.availabilityType === "REGIONAL" &&
    (backup.enabled !== true || backup.pointInTimeRecoveryEnabled !== true)
      ? [
          '"availabilityType" REGIONAL needs backupConfiguration with "enabled" and "pointInTimeRecoveryEnabled"',
        ]
      : []),
    ...(settings.diskAutoresize !== false && settings.diskSize !== undefined
      ? ['"diskSize" beside "diskAutoresize" would cut back what has grown']
      : []),
    ...(ip.serverCertificateRotationMode === "AUTOMATIC_ROTATION_DURING_MAINTENANCE" &&
    !textOf(ip, "serverCaMode").endsWith("_CAS_CA")
      ? [
          '"serverCertificateRotationMode" AUTOMATIC_ROTATION_DURING_MAINTENANCE needs "serverCaMode" of a CA service',
        ]
      : []),
    ...(ip.ipv4Enabled !== false
      ? ['"ipv4Enabled" must be false: the simulated cloud has no instances that the world reaches']
      : []),
    ...(ip.privateNetwork === undefined && !psc
      ? ['"settings.ipConfiguration" must have "privateNetwork" or "pscConfigs": nobody would reach it']
      : []),
  ];
}
