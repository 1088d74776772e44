/** Who may enter a cluster, which roles its pods take, and its add-ons. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import { trusts } from "./documents.ts";
import { allow, bucketsOfRole } from "./iam.ts";
import { t } from "./types.ts";
import { arn, freshId, given, time } from "./words.ts";

const ofCluster = { refers: { to: t.cluster, atDelete: "cascade" }, replaces: true } as const;
const principal = {
  pattern: /^arn:[\w-]+:iam::\d{12}:(role|user)\/.+/,
  says: "the ARN of a role or user, not of a session",
  replaces: true,
} as const;

const accessEntry: Kind = {
  inputs: {
    clusterName: ofCluster,
    principalArn: principal,
    type: {
      options: [
        "STANDARD",
        "EC2",
        "EC2_LINUX",
        "EC2_WINDOWS",
        "FARGATE_LINUX",
        "HYBRID_LINUX",
        "HYPERPOD_LINUX",
      ],
      default: "STANDARD",
      replaces: true,
    },
  },
  id: (making) => `${given(making, "clusterName")}:${given(making, "principalArn")}`,
  taken: "ResourceInUseException: The specified access entry resource is already in use on this cluster",
  outputs: {
    accessEntryArn: ({ world, inputs, id }) =>
      arn(world, "eks", `access-entry/${given({ inputs }, "clusterName")}/role/${digest(32, id)}`),
    createdAt: ({ created }) => time(created),
    modifiedAt: ({ created }) => time(created),
    userName: ({ inputs }) => inputs.userName ?? inputs.principalArn,
  },
};

const accessPolicyAssociation: Kind = {
  inputs: {
    clusterName: ofCluster,
    principalArn: principal,
    policyArn: {
      pattern:
        /^arn:[\w-]+:eks::aws:cluster-access-policy\/AmazonEKS(ClusterAdmin|Admin|AdminView|Edit|View|Auto\w*|SecretReader)Policy$/,
      says: "the ARN of a cluster access policy such as arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
      replaces: true,
    },
    "accessScope.type": { options: ["cluster", "namespace"] },
    accessScope: { replaces: true },
  },
  refuse: (inputs) =>
    textOf(bagOf(inputs, "accessScope"), "type") === "namespace" &&
    textsAt(inputs, "accessScope.namespaces[]").length === 0
      ? ['"accessScope.namespaces" is needed with type "namespace"']
      : [],
  puts: true,
  id: (making) =>
    `${given(making, "clusterName")}#${given(making, "principalArn")}#${given(making, "policyArn")}`,
  admit: (making) => {
    const entry = `${given(making, "clusterName")}:${given(making, "principalArn")}`;
    if (making.world.store.find(t.accessEntry, entry) === undefined)
      throw new Refused(
        `ResourceNotFoundException: The specified principalArn, ${given(making, "principalArn")}, has no access entry in this cluster`,
      );
  },
  outputs: { associatedAt: ({ created }) => time(created), modifiedAt: ({ created }) => time(created) },
};

const podIdentityAssociation: Kind = {
  inputs: {
    clusterName: ofCluster,
    namespace: { replaces: true },
    serviceAccount: { replaces: true },
    roleArn: { refers: { to: t.role, by: ["arn"], atDelete: "leave" } },
  },
  id: () => freshId("a"),
  imports: (record) => `${given(record, "clusterName")},${record.id}`,
  admit: ({ world, inputs, id }) => {
    const role = world.store.living([t.role]).find(({ outputs }) => outputs.arn === inputs.roleArn);
    if (
      role !== undefined &&
      !trusts(
        textOf(role.inputs, "assumeRolePolicy"),
        "pods.eks.amazonaws.com",
        "sts:AssumeRole",
        "sts:TagSession",
      )
    )
      throw new Refused(
        `InvalidParameterException: Trust policy of ${given({ inputs }, "roleArn")} must let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession`,
      );
    const other = world.store
      .living([t.podIdentityAssociation])
      .find(
        (found) =>
          found.id !== id &&
          ["clusterName", "namespace", "serviceAccount"].every((key) => found.inputs[key] === inputs[key]),
      );
    if (other !== undefined)
      throw new Refused(`ResourceInUseException: Association already exists: ${other.id}`);
  },
  outputs: {
    associationId: ({ id }) => id,
    associationArn: ({ world, id, inputs }) =>
      arn(world, "eks", `podidentityassociation/${given({ inputs }, "clusterName")}/${id}`),
  },
  behind: async ({ world, id, inputs }) => {
    const role = world.store.living([t.role]).find(({ outputs }) => outputs.arn === inputs.roleArn);
    await allow(world, { id, inputs }, bucketsOfRole(world, role?.id ?? ""));
    return undefined;
  },
  remove: ({ world, record }) => world.backend.identity.remove(record.id),
};

const efsDriver = "aws-efs-csi-driver";

const addon: Kind = {
  inputs: {
    clusterName: ofCluster,
    addonName: {
      options: [
        efsDriver,
        "aws-ebs-csi-driver",
        "aws-mountpoint-s3-csi-driver",
        "amazon-cloudwatch-observability",
        "metrics-server",
        "cert-manager",
        "external-dns",
        "snapshot-controller",
        "vpc-cni",
        "kube-proxy",
        "coredns",
        "eks-pod-identity-agent",
      ],
      replaces: true,
    },
    resolveConflictsOnCreate: { options: ["NONE", "OVERWRITE"] },
    resolveConflictsOnUpdate: { options: ["NONE", "OVERWRITE", "PRESERVE"] },
    serviceAccountRoleArn: { refers: { to: t.role, by: ["arn"], atDelete: "leave" } },
  },
  id: (making) => `${given(making, "clusterName")}:${given(making, "addonName")}`,
  taken: "ResourceInUseException: Addon already exists",
  outputs: {
    arn: ({ world, id, inputs }) =>
      arn(world, "eks", `addon/${id.replace(":", "/")}/${digest(32, given({ inputs }, "addonName"))}`),
    addonVersion: ({ inputs }) => inputs.addonVersion ?? "v1.0.0-eksbuild.1",
    createdAt: ({ created }) => time(created),
    modifiedAt: ({ created }) => time(created),
  },
  behind: async ({ world, inputs }) => {
    if (inputs.addonName === efsDriver) await world.backend.sharedDriver.ensure();
    return undefined;
  },
  remove: async ({ world, record }) => {
    if (record.inputs.addonName === efsDriver) await world.backend.sharedDriver.remove();
  },
};

export const eksAccess: Readonly<Record<string, Kind>> = {
  [t.accessEntry]: accessEntry,
  [t.accessPolicyAssociation]: accessPolicyAssociation,
  [t.podIdentityAssociation]: podIdentityAssociation,
  [t.addon]: addon,
};
