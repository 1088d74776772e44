/** What stays in the subscription after a destroy, in words: for the receipt of whoever destroyed it. */
import type { CloudRequest } from "../cloud.ts";
import { definitionsLeft } from "../retained.ts";
import type { AzureSettings } from "./settings.ts";

type Args = Pick<CloudRequest, "lifecycle" | "needs" | "externalSecrets"> & {
  readonly settings: AzureSettings;
};

/** One line for each thing that stays, with until when or how it goes. */
export function retainedLines({ lifecycle, needs, externalSecrets, settings }: Args): string[] {
  const production = lifecycle === "production";
  const { cluster, database, redis, vault, loadBalancer } = settings;
  const newDatabase = needs.database !== undefined && database.kind === "new";
  const newRedis = needs.redis !== undefined && redis.kind === "new";
  const vaults = [
    vault ? "" : "the vault of write-once keys",
    externalSecrets ? "External Secrets' vault" : "",
  ];
  const made = vaults.filter((one) => one !== "").join(" and ");
  const lines: (string | false)[] = [
    production && "the resource group stays: it would take everything in it along",
    production && newDatabase && "the database stays, with its backups of 35 days and the network it is in",
    !production &&
      newDatabase &&
      "a deleted database server can be taken back for five days under another name (createMode ReviveDropped)",
    production && newRedis && "Redis stays, and with it its key",
    production &&
      needs.objectStore !== undefined &&
      "the storage account stays, with each tenant's container",
    production && needs.sharedVolume !== undefined && "the account of shared volumes stays, with its shares",
    production && loadBalancer === "public" && "the edge's public address stays",
    production &&
      made !== "" &&
      `${made} stay${vaults.every((one) => one) ? "" : "s"}, and cannot be purged for 90 days once deleted`,
    !production &&
      made !== "" &&
      `${made}: deleted, but the name stays taken for seven days, or until \`az keyvault purge\`; for 90 days in any case where the stack was production before`,
    vault !== undefined && `write-once keys stay in the vault ${vault.name}, which is yours`,
    production && "disks of pods stay in the cluster's own resource group, to be found with `az disk list`",
    definitionsLeft(cluster.kind, externalSecrets),
  ];
  return lines.filter((line) => line !== false);
}

/** What stays of a cell; the rest is its base's. `ownRedis`: whether each tenant has a cache. */
export function retainedOfCell({
  lifecycle,
  needs,
  ownRedis,
}: Pick<Args, "lifecycle" | "needs"> & { readonly ownRedis: boolean }): string[] {
  const production = lifecycle === "production";
  const lines: (string | false)[] = [
    production && needs.database !== undefined && "each tenant's database stays on its server",
    production && ownRedis && "each tenant's Redis stays, and with it its key",
    production && needs.objectStore !== undefined && "each tenant's container stays in the storage account",
    production && "volumes of pods stay, shared ones too",
    "write-once keys stay in the vault, until the vault goes",
  ];
  return lines.filter((line) => line !== false);
}
