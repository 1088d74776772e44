/**
 * The vault in which write-once keys are kept. Disks, database, cache and buckets are encrypted at rest by keys that
 * Azure keeps: a key of one's own would have to outlive each of them, and a vault that is lost would take them along.
 */
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/index.js";
import { getVaultOutput, Vault } from "@pulumi/azure-native/keyvault/index.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { suffixedName } from "./names.ts";
import type { Network } from "./network.ts";
import { privateEndpoint, privateZone, type Zone, zoneNames } from "./privateEndpoint.ts";
import { roleAssignment } from "./roles.ts";
import { keeps, type Scope } from "./scope.ts";
import type { AzureSettings, ClusterSettings, VaultSettings } from "./settings.ts";

export interface KeyVault {
  readonly id: pulumi.Output<string>;
  /** Of the data plane, with a slash at its end; waits for the roles. */
  readonly uri: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

export interface KeyVaultArgs {
  readonly settings: VaultSettings | undefined;
  readonly cluster: ClusterSettings;
  readonly network: Network;
  /** Where vaults get private names; undefined: none of them is in the network. */
  readonly zone: Zone | undefined;
}

/** Days in which a deleted vault can be taken back: the longest in production, the shortest else. */
const softDeleteDays = { production: 90, disposable: 7 };

export function keyVault(scope: Scope, args: KeyVaultArgs): KeyVault {
  if (args.settings) return existingVault(scope, args.settings);
  return newVault(scope, [], args, isPrivate(args.cluster));
}

/** The zone in which vaults get private names, where one of them needs it. */
export function vaultZone(
  scope: Scope,
  settings: Pick<AzureSettings, "cluster" | "vault" | "privateZones"> & { readonly externalSecrets: boolean },
  within: Network,
): Zone | undefined {
  const isNeeded = settings.externalSecrets || (!settings.vault && isPrivate(settings.cluster));
  if (!isNeeded) return undefined;
  return privateZone(scope, "vault", zoneNames.vault, settings.privateZones.vault, within);
}

function existingVault({ parent }: Scope, { name, resourceGroup }: VaultSettings): KeyVault {
  const found = getVaultOutput({ vaultName: name, resourceGroupName: resourceGroup }, { parent });
  return {
    id: found.id.apply((id) => id ?? ""),
    uri: found.properties.apply((properties) => properties.vaultUri ?? uriOf(name)),
    ready: [],
  };
}

/** `parts`: what tells it from the platform's other vaults. `within`: whether it answers inside the network. */
export function newVault(
  scope: Scope,
  parts: readonly string[],
  { cluster, network, zone }: Omit<KeyVaultArgs, "settings">,
  within: boolean,
): KeyVault {
  const { name, location, lifecycle, resourceGroupName, tags, parent } = scope;
  const resource = [name, ...parts, "vault"].join("-");
  const production = lifecycle === "production";
  // A deleted vault keeps its name for days: the next one of this stack has another.
  const suffix = new random.RandomId(resource, { byteLength: 3 }, { parent }).hex;
  const made = new Vault(
    resource,
    {
      vaultName: suffixedName("vault", [scope.stack, ...parts], suffix),
      resourceGroupName,
      location,
      properties: {
        tenantId: getClientConfigOutput({ parent }).tenantId,
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        softDeleteRetentionInDays: softDeleteDays[lifecycle],
        // False is refused: the property is sent only where it is wanted.
        ...(production ? { enablePurgeProtection: true } : {}),
        ...access(cluster),
      },
      tags,
    },
    {
      parent,
      ...keeps(lifecycle),
      // The days are said once, when it is made. The protection is never taken back, so a vault that was production's
      // keeps it, and its name for those days, after the stack has become disposable and is gone.
      ignoreChanges: [
        // One that stands keeps the name that it has.
        "vaultName",
        "properties.softDeleteRetentionInDays",
        ...(production ? [] : ["properties.enablePurgeProtection"]),
      ],
    },
  );
  const roles = cluster.adminGroupObjectIds.map((group) =>
    roleAssignment(
      `${resource}-${group.slice(0, 8)}`,
      { scope: made.id, principalId: group, principalType: "Group", role: "vaultSecretsOfficer" },
      { parent },
    ),
  );
  const endpoint = within && zone ? inside(scope, resource, parts, made, network, zone) : [];
  const ready = [made, ...roles, ...endpoint];
  const uri = pulumi
    .all([made.name, made.properties, pulumi.all(ready.map(({ urn }) => urn))])
    .apply(([vault, properties]) => properties.vaultUri ?? uriOf(vault));
  return { id: made.id, uri, ready };
}

function inside(
  { stack, location, resourceGroupName, parent }: Scope,
  resource: string,
  parts: readonly string[],
  vault: Vault,
  network: Network,
  zone: Zone,
): pulumi.Resource[] {
  const endpoint = privateEndpoint(
    {
      resource,
      parts: [stack, ...parts, "vault"],
      location,
      resourceGroupName,
      subnetId: network.endpointSubnetId,
      serviceId: vault.id,
      group: "vault",
      zoneId: zone.id,
    },
    { parent, dependsOn: zone.ready },
  );
  return [...zone.ready, ...endpoint];
}

/** Whoever may call the API server of a cluster that is made may ask for keys, if its role lets it. */
function access(cluster: ClusterSettings): {
  publicNetworkAccess: "Enabled" | "Disabled";
  networkAcls: { bypass: "None"; defaultAction: "Allow" | "Deny"; ipRules: { value: string }[] };
} {
  const { cidrs } = cluster.endpoint;
  const closed = isPrivate(cluster);
  return {
    publicNetworkAccess: closed ? "Disabled" : "Enabled",
    networkAcls: {
      bypass: "None",
      defaultAction: closed || cidrs.length > 0 ? "Deny" : "Allow",
      ipRules: cidrs.map((value) => ({ value })),
    },
  };
}

function isPrivate({ endpoint }: ClusterSettings): boolean {
  return endpoint.access === "private";
}

/** In Azure's public cloud. */
function uriOf(vault: string): string {
  return `https://${vault}.vault.azure.net/`;
}
