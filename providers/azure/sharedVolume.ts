/** Volumes that several pods write to: shares of one Azure Files account, mounted by NFS inside the network. */

import { StorageAccount } from "@pulumi/azure-native/storage/index.js";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { remadeClass } from "../cluster.ts";
import type { AksCluster } from "./cluster.ts";
import type { Network } from "./network.ts";
import { sharedDriver } from "./offers.ts";
import { privateEndpoint, privateZone, zoneNames } from "./privateEndpoint.ts";
import { roleAssignment } from "./roles.ts";
import { keeps, nameIn, type Scope } from "./scope.ts";
import type { StorageArgs } from "./storage.ts";

export const sharedClass = "portolan-shared";

export interface SharedVolumeArgs {
  readonly cluster: AksCluster;
  readonly network: Network;
  readonly zoneId: string | undefined;
}

export interface SharedStorage {
  readonly account: StorageAccount;
  /** What must stand while shares are made, mounted and deleted. */
  readonly ready: pulumi.Resource[];
}

/**
 * An account of the platform's, not one that the driver makes beside the nodes: those are deleted with the cluster.
 * NFS has neither TLS nor a login, hence the private endpoint as its only way in, and `enableHttpsTrafficOnly` off,
 * without which the account refuses it (Azure Files, NFS shares).
 */
export function sharedStorage(scope: Scope, args: SharedVolumeArgs): SharedStorage {
  const { name, stack, location, lifecycle, zones, resourceGroupName, tags, parent } = scope;
  const account = new StorageAccount(
    `${name}-files`,
    {
      accountName: nameIn(scope, "storageAccount", "nfs"),
      resourceGroupName,
      location,
      kind: "FileStorage",
      // In both lifecycles, as the object store's.
      sku: { name: zones.length > 1 ? "Premium_ZRS" : "Premium_LRS" },
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: false,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny", bypass: "None" },
      tags,
    },
    { parent, ...keeps(lifecycle) },
  );
  const granted = roleAssignment(
    `${name}-files`,
    {
      scope: account.id,
      principalId: args.cluster.principalId,
      principalType: "ServicePrincipal",
      role: "storageAccountContributor",
    },
    { parent },
  );
  const zone = privateZone(scope, "file", zoneNames.file, args.zoneId, args.network);
  const endpoint = privateEndpoint(
    {
      resource: `${name}-files`,
      parts: [stack, "file"],
      location,
      resourceGroupName,
      subnetId: args.network.endpointSubnetId,
      serviceId: account.id,
      group: "file",
      zoneId: zone.id,
    },
    { parent, dependsOn: zone.ready },
  );
  return { account, ready: [account, granted, ...endpoint] };
}

/**
 * Each claim gets a share of its own, of 100 GiB at least, which is the least such an account gives. `privateEndpoint`:
 * else the driver would give the nodes' subnet a service endpoint. For an account that is named it makes none, and mounts
 * by the name in the private zone (azurefile-csi-driver, pkg/azurefile/controllerserver.go, CreateVolume).
 */
export function sharedStorageClass(
  { name, resourceGroupName }: Scope,
  { account }: SharedStorage,
  { lifecycle, labels }: StorageArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-shared`,
    {
      metadata: { name: sharedClass, labels: { ...labels } },
      provisioner: sharedDriver.name,
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
      reclaimPolicy: lifecycle === "production" ? "Retain" : "Delete",
      mountOptions: ["nconnect=4", "noresvport", "actimeo=30"],
      parameters: {
        protocol: "nfs",
        storageAccount: account.name,
        resourceGroup: resourceGroupName,
        networkEndpointType: "privateEndpoint",
      },
    },
    remadeClass(opts),
  );
}
