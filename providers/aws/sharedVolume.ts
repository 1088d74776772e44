/** Volumes that several pods share: EFS, with the driver that Auto Mode does not bring. Only where they are needed. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { BackupPolicy } from "@pulumi/aws/efs/backupPolicy.js";
import { FileSystem } from "@pulumi/aws/efs/fileSystem.js";
import { FileSystemPolicy } from "@pulumi/aws/efs/fileSystemPolicy.js";
import { MountTarget } from "@pulumi/aws/efs/mountTarget.js";
import { Addon } from "@pulumi/aws/eks/addon.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type ClusterOrigin, remadeClass } from "../cluster.ts";
import type { EksCluster } from "./cluster.ts";
import { podRole } from "./identity.ts";
import type { Network } from "./network.ts";
import { sharedDriver } from "./offers.ts";
import { keeps, nameTag, partition, policyDocument, type Scope } from "./scope.ts";

/** StorageClass of ReadWriteMany volumes. */
export const sharedClass = "portolan-shared";

export interface SharedVolumeArgs {
  readonly network: Network;
  readonly key: Key;
  readonly cluster: EksCluster;
}

/** The file system, and what must outlive its volumes: the driver that deletes them, and the way to it. */
export interface SharedFiles {
  readonly id: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** In the cloud. A cluster that the user brought has the driver already (`stacks/broughtCluster.ts`). */
export function sharedFiles(scope: Scope, args: SharedVolumeArgs, origin: ClusterOrigin): SharedFiles {
  const { id, ready } = fileSystem(scope, args);
  return { id, ready: origin === "new" ? [...ready, driver(scope, args)] : ready };
}

/** `parent`: what carries the cluster's provider. `dependsOn`: what must outlive the volumes, beside the driver. */
interface InCluster {
  readonly parent: pulumi.Resource;
  readonly dependsOn: pulumi.Resource[];
}

/** Answers what claims must wait for. */
export function sharedStorageClass(
  { name, lifecycle }: Scope,
  files: SharedFiles,
  labels: Readonly<Record<string, string>>,
  opts: InCluster,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-shared`,
    {
      metadata: { name: sharedClass, labels: { ...labels } },
      provisioner: sharedDriver.name,
      reclaimPolicy: lifecycle === "production" ? "Retain" : "Delete",
      // One access point a claim: pods of one tenant cannot reach another's folder.
      parameters: {
        provisioningMode: "efs-ap",
        fileSystemId: files.id,
        directoryPerms: "770",
        basePath: "/claims",
      },
    },
    remadeClass({ ...opts, dependsOn: [...opts.dependsOn, ...files.ready] }),
  );
}

const nfs = 2049;

function fileSystem(scope: Scope, { network, key, cluster }: SharedVolumeArgs): SharedFiles {
  const { name, lifecycle, parent } = scope;
  const files = new FileSystem(
    `${name}-shared`,
    {
      encrypted: true,
      kmsKeyId: key.arn,
      throughputMode: "elastic",
      tags: nameTag(scope),
    },
    { parent, ...keeps(lifecycle) },
  );
  if (lifecycle === "production") {
    new BackupPolicy(
      `${name}-shared`,
      { fileSystemId: files.id, backupPolicy: { status: "ENABLED" } },
      { parent, retainOnDelete: true },
    );
  }
  const policy = accessPointsOnly(scope, files);
  const group = new SecurityGroup(
    `${name}-shared`,
    { vpcId: network.vpcId, description: "Shared volumes of Portolan", tags: nameTag(scope, "shared") },
    { parent },
  );
  const rule = new SecurityGroupIngressRule(
    `${name}-shared`,
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: cluster.securityGroupId,
      ipProtocol: "tcp",
      fromPort: nfs,
      toPort: nfs,
      tags: nameTag(scope, "shared"),
    },
    { parent },
  );
  const targets = network.privateSubnetIds.map(
    (subnetId, index) =>
      new MountTarget(
        `${name}-shared-${index}`,
        { fileSystemId: files.id, subnetId, securityGroups: [group.id] },
        { parent },
      ),
  );
  return { id: files.id, ready: [...targets, rule, policy] };
}

/**
 * The network alone would let any pod mount the root, and so everybody's folders. The driver mounts by TLS and by access
 * point, without a role (aws-efs-csi-driver, docs/README.md, "Encryption In Transit"): whoever does not is refused (EFS user
 * guide, "Using IAM to control file system data access"). In production it stays with the file system.
 */
function accessPointsOnly({ name, lifecycle, parent }: Scope, files: FileSystem): FileSystemPolicy {
  const points = files.arn.apply((arn) => arn.replace(/file-system\/.*$/, "access-point/*"));
  const everybody = { Principal: { AWS: "*" }, Resource: files.arn };
  const policy = policyDocument(
    {
      Sid: "AccessPointsOnly",
      ...everybody,
      Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      Condition: {
        StringLike: { "elasticfilesystem:AccessPointArn": points },
        Bool: { "elasticfilesystem:AccessedViaMountTarget": "true" },
      },
    },
    {
      Sid: "TlsOnly",
      ...everybody,
      Effect: "Deny",
      Action: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
  return new FileSystemPolicy(
    `${name}-shared`,
    { fileSystemId: files.id, policy },
    { parent, retainOnDelete: lifecycle === "production" },
  );
}

/** The add-on brings the account `efs-csi-controller-sa` of kube-system, to which its role is bound (EKS user guide). */
function driver(scope: Scope, { cluster }: SharedVolumeArgs): pulumi.Resource {
  const { name, stack, suffix, parent } = scope;
  const identity = podRole(
    { clusterName: cluster.name, clusterArn: cluster.arn, suffix },
    {
      name: `${name}-efs-driver`,
      parts: [stack, "efs-driver"],
      namespace: "kube-system",
      serviceAccount: "efs-csi-controller-sa",
      managedPolicy: `arn:${partition}:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy`,
      statements: [],
    },
    { parent },
  );
  return new Addon(
    `${name}-efs-driver`,
    { clusterName: cluster.name, addonName: "aws-efs-csi-driver", resolveConflictsOnCreate: "OVERWRITE" },
    { parent, dependsOn: [...identity, ...cluster.ready] },
  );
}
