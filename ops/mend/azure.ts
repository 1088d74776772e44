/** Azure: every id is a path of names that the caller chose (Azure Resource Manager, "resource ID"). */
import type { Rule } from "./rules.ts";

const inGroup = (path: string): Rule => ({
  id: `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}${path}`,
});
const network = (path: string): Rule => inGroup(`/providers/Microsoft.Network/${path}`);
const storage = (path: string): Rule =>
  inGroup(`/providers/Microsoft.Storage/storageAccounts/{accountName}${path}`);
const postgres = (path: string): Rule =>
  inGroup(`/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}${path}`);
const identity = (path: string): Rule =>
  inGroup(`/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}${path}`);
const cluster = (path: string): Rule =>
  inGroup(`/providers/Microsoft.ContainerService/managedClusters/{resourceName}${path}`);
const cache = (path: string): Rule =>
  inGroup(`/providers/Microsoft.Cache/redisEnterprise/{clusterName}${path}`);

export const azure: Readonly<Record<string, Rule>> = {
  "azure-native:resources:ResourceGroup": inGroup(""),
  "azure-native:network:VirtualNetwork": network("virtualNetworks/{virtualNetworkName}"),
  "azure-native:network:Subnet": network("virtualNetworks/{virtualNetworkName}/subnets/{subnetName}"),
  "azure-native:network:NetworkSecurityGroup": network("networkSecurityGroups/{networkSecurityGroupName}"),
  "azure-native:network:PublicIPAddress": network("publicIPAddresses/{publicIpAddressName}"),
  "azure-native:network:PrivateEndpoint": network("privateEndpoints/{privateEndpointName}"),
  "azure-native:network:PrivateDnsZoneGroup": network(
    "privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
  ),
  "azure-native:privatedns:PrivateZone": network("privateDnsZones/{privateZoneName}"),
  "azure-native:privatedns:VirtualNetworkLink": network(
    "privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
  ),
  "azure-native:dns:RecordSet": network("dnszones/{zoneName}/{recordType}/{relativeRecordSetName}"),
  "azure-native:managedidentity:UserAssignedIdentity": identity(""),
  "azure-native:managedidentity:FederatedIdentityCredential": identity(
    "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
  ),
  "azure-native:authorization:RoleAssignment": {
    id: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  },
  "azure-native:authorization:ManagementLockByScope": {
    id: "{scope}/providers/Microsoft.Authorization/locks/{lockName}",
  },
  "azure-native:containerservice:ManagedCluster": cluster(""),
  "azure-native:containerservice:MaintenanceConfiguration": cluster(
    "/maintenanceConfigurations/{configName}",
  ),
  "azure-native:dbforpostgresql:Server": postgres(""),
  "azure-native:dbforpostgresql:Configuration": postgres("/configurations/{configurationName}"),
  "azure-native:redisenterprise:RedisEnterprise": cache(""),
  "azure-native:redisenterprise:Database": cache("/databases/{databaseName}"),
  "azure-native:storage:StorageAccount": storage(""),
  "azure-native:storage:BlobServiceProperties": storage("/blobServices/{blobServicesName}"),
  "azure-native:storage:ManagementPolicy": storage("/managementPolicies/{managementPolicyName}"),
  "azure-native:storage:BlobContainer": storage("/blobServices/default/containers/{containerName}"),
  "azure-native:keyvault:Vault": inGroup("/providers/Microsoft.KeyVault/vaults/{vaultName}"),
};
