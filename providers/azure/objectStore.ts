/** The storage account that tenants share, without keys; each has a container of its own in it. */
import {
  BlobContainer,
  BlobServiceProperties,
  ManagementPolicy,
  StorageAccount,
} from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformFacts, TenantRequest } from "../platform.ts";
import type { AzureFacts } from "./facts.ts";
import { physicalName } from "./names.ts";
import type { Network } from "./network.ts";
import { privateEndpoint, privateZone, zoneNames } from "./privateEndpoint.ts";
import { keeps, nameIn, type Scope } from "./scope.ts";

export interface ObjectStore {
  /** Known once containers can be made in it. */
  readonly account: pulumi.Output<string>;
  /** URL of the blob service, without a slash at its end. */
  readonly endpoint: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** Days in which production takes back a deleted blob or container, and keeps versions that were written over. */
const keptDays = 30;

export function objectStore(scope: Scope, within: Network, zoneId: string | undefined): ObjectStore {
  const { name, stack, location, lifecycle, resourceGroupName, parent } = scope;
  const account = storageAccount(scope);
  const services = blobService(scope, account);
  const zone = privateZone(scope, "blob", zoneNames.blob, zoneId, within);
  const endpoint = privateEndpoint(
    {
      resource: `${name}-store`,
      parts: [stack, "blob"],
      location,
      resourceGroupName,
      subnetId: within.endpointSubnetId,
      serviceId: account.id,
      group: "blob",
      zoneId: zone.id,
    },
    { parent, dependsOn: [...zone.ready, services] },
  );
  if (lifecycle === "production") oldVersions(scope, account, services);
  return {
    account: pulumi.all([account.name, services.id]).apply(([known]) => known),
    endpoint: account.primaryEndpoints.apply((all) => (all?.blob ?? "").replace(/\/$/, "")),
    ready: [services, ...endpoint],
  };
}

function storageAccount(scope: Scope): StorageAccount {
  const { name, location, lifecycle, zones, resourceGroupName, tags, parent } = scope;
  return new StorageAccount(
    `${name}-store`,
    {
      accountName: nameIn(scope, "storageAccount"),
      resourceGroupName,
      location,
      kind: "StorageV2",
      // In both lifecycles: from one zone to several is a conversion that no update asks for.
      sku: { name: zones.length > 1 ? "Standard_ZRS" : "Standard_LRS" },
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      allowCrossTenantReplication: false,
      // Pods come by the private endpoint; containers are made by Azure's own interface, which is another way in.
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny", bypass: "None" },
      tags,
    },
    { parent, ...keeps(lifecycle) },
  );
}

function blobService(scope: Scope, account: StorageAccount): BlobServiceProperties {
  const { name, lifecycle, resourceGroupName, parent } = scope;
  const kept = lifecycle === "production" ? { enabled: true, days: keptDays } : { enabled: false };
  return new BlobServiceProperties(
    `${name}-store`,
    {
      blobServicesName: "default",
      accountName: account.name,
      resourceGroupName,
      isVersioningEnabled: lifecycle === "production",
      deleteRetentionPolicy: kept,
      containerDeleteRetentionPolicy: kept,
    },
    // Its deletion would put back Azure's defaults, and leave what is kept without its past.
    { parent, ...keeps(lifecycle) },
  );
}

/** Else every version that was ever written over would be kept, and paid for. */
function oldVersions(scope: Scope, account: StorageAccount, after: pulumi.Resource): void {
  const { name, resourceGroupName, parent } = scope;
  new ManagementPolicy(
    `${name}-store`,
    {
      managementPolicyName: "default",
      accountName: account.name,
      resourceGroupName,
      policy: {
        rules: [
          {
            name: "old-versions",
            enabled: true,
            type: "Lifecycle",
            definition: {
              filters: { blobTypes: ["blockBlob"] },
              actions: { version: { delete: { daysAfterCreationGreaterThan: keptDays } } },
            },
          },
        ],
      },
    },
    // Neither protected nor kept: it holds nothing, and one that the state forgot could not be made again.
    { parent, dependsOn: [after] },
  );
}

/** A deleted container's name stays taken for minutes: making it again meanwhile is refused, and mended by another run. */
export function tenantContainer(
  facts: PlatformFacts<pulumi.Input<string>>,
  own: AzureFacts & { readonly storageAccount: pulumi.Input<string> },
  { slug, lifecycle }: TenantRequest,
  opts: pulumi.CustomResourceOptions,
): BlobContainer {
  return new BlobContainer(
    `${slug}-container`,
    {
      containerName: physicalName("container", [facts.stack, slug]),
      accountName: own.storageAccount,
      resourceGroupName: own.resourceGroup,
      publicAccess: "None",
    },
    { ...opts, ...keeps(lifecycle) },
  );
}
