/**
 * The vault in which write-once keys are kept. Disks, database, cache and buckets are encrypted at rest by keys that
 * Azure keeps: a key of one's own would have to outlive each of them, and a vault that is lost would take them along.
 */
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/index.js";
import { getVaultOutput, Vault } from "@pulumi/azure-native/keyvault/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Network } from "./network.ts";
import { privateEndpoint, privateZone } from "./privateEndpoint.ts";
import { roleAssignment } from "./roles.ts";
import { keeps, nameIn, type Scope } from "./scope.ts";
import type { ClusterSettings, VaultSettings } from "./settings.ts";

export interface KeyVault {
  /** Of the data plane, with a slash at its end; waits for the roles. */
  readonly uri: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

export interface KeyVaultArgs {
  readonly settings: VaultSettings | undefined;
  readonly cluster: ClusterSettings;
  readonly network: Network;
}

/** Days in which a deleted vault can be taken back: the longest in production, the shortest else. */
const softDeleteDays = { production: 90, disposable: 7 };

export function keyVault(scope: Scope, args: KeyVaultArgs): KeyVault {
  return args.settings ? existingVault(scope, args.settings) : newVault(scope, args);
}

function existingVault({ parent }: Scope, { name, resourceGroup }: VaultSettings): KeyVault {
  const found = getVaultOutput({ vaultName: name, resourceGroupName: resourceGroup }, { parent });
  return { uri: found.properties.apply((properties) => properties.vaultUri ?? uriOf(name)), ready: [] };
}

function newVault(scope: Scope, { cluster, network }: KeyVaultArgs): KeyVault {
  const { name, location, lifecycle, resourceGroupName, tags, parent } = scope;
  const production = lifecycle === "production";
  const made = new Vault(
    `${name}-vault`,
    {
      // A deleted vault keeps its name for days.
      vaultName: nameIn(scope, "vault"),
      resourceGroupName,
      location,
      properties: {
        tenantId: getClientConfigOutput({ parent }).tenantId,
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        softDeleteRetentionInDays: softDeleteDays[lifecycle],
        // It cannot be switched off again, and false is refused: the property is sent only where it is wanted.
        ...(production ? { enablePurgeProtection: true } : {}),
        ...access(cluster),
      },
      tags,
    },
    { parent, ...keeps(lifecycle) },
  );
  const roles = adminGroups(cluster).map((group) =>
    roleAssignment(
      `${name}-vault-${group.slice(0, 8)}`,
      { scope: made.id, principalId: group, principalType: "Group", role: "vaultSecretsOfficer" },
      { parent },
    ),
  );
  const ready = [made, ...roles, ...(isPrivate(cluster) ? inside(scope, made, network) : [])];
  const ids = pulumi.all(ready.map(({ urn }) => urn));
  const uri = pulumi
    .all([made.name, made.properties, ids])
    .apply(([vault, properties]) => properties.vaultUri ?? uriOf(vault));
  return { uri, ready };
}

function inside(scope: Scope, vault: Vault, network: Network): pulumi.Resource[] {
  const { name, stack, location, resourceGroupName, parent } = scope;
  const zone = privateZone(scope, "vault", "privatelink.vaultcore.azure.net", undefined, network);
  const endpoint = privateEndpoint(
    {
      resource: `${name}-vault`,
      parts: [stack, "vault"],
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

/** Whoever may call the API server may ask for keys, if its role lets it. */
function access(cluster: ClusterSettings): {
  publicNetworkAccess: "Enabled" | "Disabled";
  networkAcls: { bypass: "None"; defaultAction: "Allow" | "Deny"; ipRules: { value: string }[] };
} {
  const cidrs = cluster.kind === "new" ? cluster.endpoint.cidrs : [];
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

function isPrivate(cluster: ClusterSettings): boolean {
  return cluster.kind === "new" && cluster.endpoint.access === "private";
}

function adminGroups(cluster: ClusterSettings): readonly string[] {
  return cluster.kind === "new" ? cluster.adminGroupObjectIds : [];
}

/** In Azure's public cloud. */
function uriOf(vault: string): string {
  return `https://${vault}.vault.azure.net/`;
}
