/** The cluster: AKS with an overlay network by Cilium, workload identity, Entra ID, and nodes that come as needed. */
import { MaintenanceConfiguration, ManagedCluster } from "@pulumi/azure-native/containerservice/index.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/index.js";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Size } from "../platform.ts";
import { clusterAccess } from "./clusterAccess.ts";
import { existingCluster } from "./existingCluster.ts";
import { lock } from "./lock.ts";
import type { Network } from "./network.ts";
import { roleAssignment } from "./roles.ts";
import { localName, type Scope } from "./scope.ts";
import type { ClusterSettings } from "./settings.ts";
import { sizeOf, surge } from "./sizes.ts";
import { dnsAddress } from "./subnets.ts";

export interface AksCluster {
  readonly name: pulumi.Output<string>;
  readonly resourceGroupName: pulumi.Output<string>;
  /** Of tokens of ServiceAccounts; passed on as it is, slash included. */
  readonly issuer: pulumi.Output<string>;
  /** Of the cluster's own identity, which makes load balancers, disks and shares. */
  readonly principalId: pulumi.Output<string>;
  /** Made anew with the cluster and only then. */
  readonly identifier: pulumi.Output<string>;
  /** What must stand while anything in the cluster is made or deleted. */
  readonly ready: pulumi.Resource[];
}

export interface ClusterArgs {
  readonly settings: ClusterSettings;
  readonly network: Network;
  readonly size: Size;
}

export function cluster(scope: Scope, args: ClusterArgs): AksCluster {
  return args.settings.kind === "existing"
    ? existingCluster(scope, args.settings, args.network)
    : newCluster(scope, args.settings, args);
}

type NewCluster = Extract<ClusterSettings, { kind: "new" }>;

const timeouts = { create: "60m", update: "120m", delete: "60m" };

function newCluster(scope: Scope, settings: NewCluster, args: ClusterArgs): AksCluster {
  const { name, location, lifecycle, resourceGroupName, tags, parent } = scope;
  const production = lifecycle === "production";
  const { identity, granted } = clusterIdentity(scope, args.network);
  const replacing = {
    location,
    dnsPrefix: localName(scope, "dnsPrefix"),
    resourceName: localName(scope, "cluster"),
    ...networkProfile(settings),
  };
  const { nodes } = sizeOf(args.size, lifecycle);
  const made = new ManagedCluster(
    `${name}-aks`,
    {
      resourceName: replacing.resourceName,
      resourceGroupName,
      location,
      dnsPrefix: replacing.dnsPrefix,
      // Of a minor version; its patches come by the channel below.
      kubernetesVersion: settings.version,
      sku: { name: "Base", tier: production ? "Standard" : "Free" },
      identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
      agentPoolProfiles: [
        {
          name: "nodes",
          mode: "System",
          type: "VirtualMachineScaleSets",
          osType: "Linux",
          vmSize: nodes.vmSize,
          vnetSubnetID: args.network.nodeSubnetId,
          enableAutoScaling: true,
          count: nodes.min,
          minCount: nodes.min,
          maxCount: nodes.max,
          orchestratorVersion: settings.version,
          ...(scope.zones.length > 0 ? { availabilityZones: [...scope.zones] } : {}),
          upgradeSettings: { maxSurge: `${Math.floor(surge * 100)}%` },
        },
      ],
      networkProfile: networkProfile(settings),
      oidcIssuerProfile: { enabled: true },
      securityProfile: {
        workloadIdentity: { enabled: true },
        imageCleaner: { enabled: true, intervalHours: 168 },
      },
      aadProfile: {
        managed: true,
        enableAzureRBAC: true,
        adminGroupObjectIDs: [...settings.adminGroupObjectIds],
      },
      enableRBAC: true,
      disableLocalAccounts: true,
      apiServerAccessProfile: apiServer(settings),
      autoUpgradeProfile: { upgradeChannel: "patch", nodeOSUpgradeChannel: "SecurityPatch" },
      nodeResourceGroupProfile: { restrictionLevel: "ReadOnly" },
      tags,
    },
    {
      parent,
      protect: production,
      dependsOn: [...granted, ...args.network.ready],
      // The autoscaler's to say. Only this, and not the list: of an ignored list, deleted pools are sent again.
      ignoreChanges: ["agentPoolProfiles[0].count"],
      customTimeouts: timeouts,
    },
  );
  const access = clusterAccess(scope, settings.adminGroupObjectIds);
  // Last made, first deleted: a lock would hold the cluster's windows, too.
  if (production) lock(scope, "cluster", made.id, maintenance(scope, made));
  return {
    name: made.name,
    resourceGroupName,
    issuer: made.oidcIssuerProfile.apply((profile) => profile?.issuerURL ?? ""),
    principalId: identity.principalId,
    identifier: generation(scope, made, replacing),
    ready: [made, ...access, ...granted, ...args.network.ready],
  };
}

/** Roles first: a cluster that starts without them fails half-way, and those of a system's own identity come too late. */
function clusterIdentity(
  scope: Scope,
  within: Network,
): { identity: UserAssignedIdentity; granted: pulumi.Resource[] } {
  const { name, location, resourceGroupName, tags, parent } = scope;
  const identity = new UserAssignedIdentity(
    `${name}-aks`,
    { resourceName: localName(scope, "identity", "cluster"), resourceGroupName, location, tags },
    { parent },
  );
  const granted = roleAssignment(
    `${name}-aks-network`,
    {
      scope: within.nodeSubnetId,
      principalId: identity.principalId,
      principalType: "ServicePrincipal",
      role: "networkContributor",
    },
    { parent },
  );
  return { identity, granted: [granted] };
}

function networkProfile({ podCidr, serviceCidr, outbound }: NewCluster) {
  return {
    networkPlugin: "azure",
    networkPluginMode: "overlay",
    networkDataplane: "cilium",
    networkPolicy: "cilium",
    podCidr,
    serviceCidr,
    dnsServiceIP: dnsAddress(serviceCidr),
    outboundType: outbound,
    loadBalancerSku: "standard",
  };
}

function apiServer({ endpoint }: NewCluster) {
  if (endpoint.access === "private") {
    return {
      enablePrivateCluster: true,
      privateDNSZone: "system",
      enablePrivateClusterPublicFQDN: false,
      disableRunCommand: true,
    };
  }
  return {
    enablePrivateCluster: false,
    disableRunCommand: true,
    ...(endpoint.cidrs.length > 0 ? { authorizedIPRanges: [...endpoint.cidrs] } : {}),
  };
}

/** When Azure may upgrade by itself: four hours, the least it takes, early on Sundays. */
function maintenance({ name, lifecycle, resourceGroupName, parent }: Scope, of: ManagedCluster) {
  if (lifecycle !== "production") return [];
  return ["aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"].map(
    (configName, index) =>
      new MaintenanceConfiguration(
        `${name}-aks-${index === 0 ? "upgrades" : "node-upgrades"}`,
        {
          configName,
          resourceName: of.name,
          resourceGroupName,
          maintenanceWindow: {
            schedule: { weekly: { dayOfWeek: "Sunday", intervalWeeks: 1 } },
            durationHours: 4,
            startTime: "01:00",
            utcOffset: "+00:00",
          },
        },
        { parent },
      ),
  );
}

/**
 * Made anew with the cluster, also by `up --replace`, and keyed by what replaces it. The cluster's id alone stays the same
 * when one is made again under its name, and its UID is unknown in the preview of any change, which would show everything
 * inside as replaced.
 */
function generation(
  { name, parent }: Scope,
  made: ManagedCluster,
  replacing: Readonly<Record<string, string>>,
): pulumi.Output<string> {
  return new random.RandomId(
    `${name}-cluster-generation`,
    { byteLength: 8, keepers: { cluster: made.id, ...replacing } },
    { parent, replaceWith: [made] },
  ).hex;
}
