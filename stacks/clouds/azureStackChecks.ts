/** Mistakes in a stack file for Azure that only show when its other parts are read with the platform's. */
import { inZone } from "../../providers/zone.ts";
import type { Problem } from "../problems.ts";
import type { AzureConfig } from "./azure.ts";
import { isOpen } from "./azureChecks.ts";
import type { StackUse } from "./cloud.ts";

export function checkAzureWith(config: AzureConfig, use: StackUse): Problem[] {
  return [...checkVaults(config, use), ...checkZone(config, use)];
}

/** A vault's secrets are open to roles on the vault alone: not even who owns the subscription may read or write them. */
function checkVaults(config: AzureConfig, use: StackUse): Problem[] {
  return config.cluster.name === undefined ? [] : [...checkWriters(config, use), ...checkDoor(config, use)];
}

function checkWriters({ cluster, vault }: AzureConfig, { keepsKeys, externalSecrets }: StackUse): Problem[] {
  if (cluster.adminGroupObjectIds.length > 0) return [];
  const keys = keepsKeys && vault === undefined;
  if (!keys && !externalSecrets) return [];
  return [
    {
      key: "portolan:platform.cluster.adminGroupObjectIds",
      allowed: `with a vault that is made, for ${keys ? "write-once keys" : "tenants' secrets"}: at least one group that may write it, and whoever runs Portolan in it`,
      remedy: keys
        ? "`az ad group show --group <name> --query id`; or name a vault that is there in portolan:platform.vault"
        : "`az ad group show --group <name> --query id`",
    },
  ];
}

/** What a cluster that is made is asked for as well: it decides how the vaults are reached. */
function checkDoor({ cluster, vault, lifecycle }: AzureConfig, { externalSecrets }: StackUse): Problem[] {
  const isMade = vault === undefined || externalSecrets;
  if (!isMade || lifecycle !== "production" || !isOpen(cluster)) return [];
  return [
    {
      key: "portolan:platform.cluster.endpoint.cidrs",
      value: cluster.endpoint.cidrs,
      allowed: "in production, the addresses that may call the vault that is made",
      remedy:
        "name them, or set cluster.endpoint.access to private: the vault then answers in the network alone",
    },
  ];
}

function checkZone({ dns }: AzureConfig, { domain }: StackUse): Problem[] {
  if (!dns || domain === undefined || inZone(domain, dns.zone)) return [];
  return [
    {
      key: "portolan:platform.dns.zone",
      value: dns.zone,
      allowed: `a zone that holds portolan:edge.domain: ${domain}, or what it ends with after a dot`,
      remedy: "name the zone of that domain, or change portolan:edge.domain",
    },
  ];
}
