/** The cluster: EKS in Auto Mode, whose nodes, network, load balancers and disks are AWS's to run. */
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Cluster } from "@pulumi/aws/eks/cluster.js";
import { getClusterOutput } from "@pulumi/aws/eks/getCluster.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Mistake, refuse } from "../mistakes.ts";
import { clusterAccess } from "./clusterAccess.ts";
import { clusterRoles } from "./clusterRoles.ts";
import type { Network } from "./network.ts";
import { nameIn, type Scope } from "./scope.ts";
import type { ClusterSettings } from "./settings.ts";
import { logDays } from "./sizes.ts";

/** A cluster by what others need of it, made or found. */
export interface EksCluster {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  /** Base64 of the authority that signed the API server's certificate. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** Of the tokens of its ServiceAccounts. */
  readonly issuer: pulumi.Output<string>;
  /** What nodes and pods wear: whoever lets it in, lets pods in. */
  readonly securityGroupId: pulumi.Output<string>;
  /** Made anew with the cluster and only then. */
  readonly identifier: pulumi.Output<string>;
  /** What must stand while anything in the cluster is made or deleted: the way in, and the nodes' way out. */
  readonly ready: pulumi.Resource[];
}

/** Makes the cluster, or finds the named one, which must be in Auto Mode and in the platform's network. */
export function cluster(scope: Scope, settings: ClusterSettings, within: Network, key: Key): EksCluster {
  return settings.kind === "existing"
    ? existingCluster(scope, settings.name, within)
    : newCluster(scope, settings, within, key);
}

/** Building takes ten minutes, deleting up to half an hour: the provider's fifteen are too few. */
const timeouts = { create: "45m", update: "90m", delete: "45m" };

function newCluster(
  scope: Scope,
  settings: Extract<ClusterSettings, { kind: "new" }>,
  within: Network,
  key: Key,
): EksCluster {
  const { name, lifecycle, parent } = scope;
  const roles = clusterRoles(scope);
  // A deleted cluster may write a last line and so make its log group again: another name each time.
  const clusterName = nameIn(scope, "cluster");
  const logs = new LogGroup(
    `${name}-cluster-logs`,
    { name: pulumi.interpolate`/aws/eks/${clusterName}/cluster`, retentionInDays: logDays[lifecycle] },
    { parent },
  );
  const { access, cidrs } = settings.endpoint;
  const made = new Cluster(
    `${name}-eks`,
    {
      name: clusterName,
      version: settings.version,
      roleArn: roles.cluster.arn,
      // Auto Mode brings its own network, DNS and proxy.
      bootstrapSelfManagedAddons: false,
      // Entries are made below; an administrator that EKS adds by itself would collide with them.
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      // All three, or none: EKS takes no part of Auto Mode alone.
      computeConfig: {
        enabled: true,
        nodePools: ["general-purpose", "system"],
        nodeRoleArn: roles.node.arn,
      },
      kubernetesNetworkConfig: {
        elasticLoadBalancing: { enabled: true },
        ...(settings.serviceCidr ? { serviceIpv4Cidr: settings.serviceCidr } : {}),
      },
      storageConfig: { blockStorage: { enabled: true } },
      vpcConfig: {
        subnetIds: within.privateSubnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: access === "public",
        ...(access === "public" && cidrs.length > 0 ? { publicAccessCidrs: [...cidrs] } : {}),
      },
      encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      deletionProtection: lifecycle === "production",
    },
    {
      parent,
      protect: lifecycle === "production",
      dependsOn: [...roles.attachments, ...within.ready, logs],
      customTimeouts: timeouts,
    },
  );
  const granted = clusterAccess(scope, made.name, settings.adminRoles);
  return {
    name: made.name,
    arn: made.arn,
    endpoint: made.endpoint,
    certificateAuthority: made.certificateAuthority.data,
    issuer: made.identities.apply(issuerOf),
    securityGroupId: made.vpcConfig.clusterSecurityGroupId,
    identifier: generation(scope, made.createdAt),
    ready: [...granted, ...roles.attachments, ...within.ready],
  };
}

function existingCluster(scope: Scope, clusterName: string, within: Network): EksCluster {
  const found = getClusterOutput({ name: clusterName }, { parent: scope.parent });
  const name = pulumi
    .all([found.computeConfigs, found.vpcConfig, within.vpcId])
    .apply(([computeConfigs, vpcConfig, vpcId]) => {
      refuse(clusterMistakes(clusterName, vpcId, { computeConfigs, vpcConfig }));
      return clusterName;
    });
  return {
    name,
    arn: found.arn,
    endpoint: found.endpoint,
    certificateAuthority: found.certificateAuthorities.apply((all) => all?.[0]?.data ?? ""),
    issuer: found.identities.apply(issuerOf),
    securityGroupId: found.vpcConfig.clusterSecurityGroupId,
    identifier: generation(scope, found.createdAt),
    ready: [],
  };
}

/** What AWS says of a cluster, as far as it is looked at: of one without Auto Mode it may say nothing at all. */
export interface FoundCluster {
  readonly computeConfigs: readonly { readonly enabled?: boolean }[] | undefined;
  readonly vpcConfig: { readonly vpcId?: string } | undefined;
}

/** `vpcId`: of the platform's network. */
export function clusterMistakes(name: string, vpcId: string, found: FoundCluster): Mistake[] {
  const mistakes: Mistake[] = [];
  if (found.computeConfigs?.[0]?.enabled !== true) {
    mistakes.push({
      key: "cluster.name",
      value: name,
      allowed: "a cluster in Auto Mode",
      remedy: "switch Auto Mode on, or choose platform kind `existing` with the cluster's context",
    });
  }
  const of = found.vpcConfig?.vpcId;
  if (of !== vpcId) {
    mistakes.push({
      key: "network.vpcId",
      value: vpcId,
      allowed: `the VPC of cluster ${name}, ${of}`,
      remedy: "name it and its subnets: database and cache must stand where the pods are",
    });
  }
  return mistakes;
}

/** Null or missing in a cluster that is older than such tokens. */
function issuerOf(
  identities: readonly { readonly oidcs?: readonly { readonly issuer?: string }[] }[] | undefined,
): string {
  return identities?.[0]?.oidcs?.[0]?.issuer ?? "";
}

/** Not the endpoint, which may change under a living cluster; not the ARN, which a new one of the same name has too. */
function generation(scope: Scope, createdAt: pulumi.Output<string>): pulumi.Output<string> {
  return new random.RandomId(
    `${scope.name}-cluster-generation`,
    { byteLength: 8, keepers: { createdAt } },
    { parent: scope.parent },
  ).hex;
}
