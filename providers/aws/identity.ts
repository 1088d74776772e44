/** A tenant's role, which only its own ServiceAccount may take on: EKS Pod Identity, bound by name, without a key. */
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "./facts.ts";
import { physicalName } from "./names.ts";
import { dnsSuffix, policyDocument } from "./scope.ts";

/** A role, who may take it on, and what it may do. */
export interface PodRoleArgs {
  /** Logical name. */
  readonly name: string;
  /** What tells its physical name from the other roles'. */
  readonly parts: readonly string[];
  readonly namespace: pulumi.Input<string>;
  readonly serviceAccount: string;
  readonly statements: readonly Record<string, unknown>[];
  /** ARN of a policy of AWS's own, in place of statements. */
  readonly managedPolicy?: string;
}

/** Answers what must stand before a pod starts: one that started earlier has no credentials. */
export function podRole(
  own: Pick<AwsFacts, "clusterName" | "clusterArn" | "suffix">,
  args: PodRoleArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { name, namespace, serviceAccount } = args;
  const role = new Role(
    name,
    {
      name: pulumi.output(own.suffix).apply((suffix) => physicalName("role", args.parts, suffix)),
      assumeRolePolicy: policyDocument({
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Principal: { Service: "pods.eks.amazonaws.com" },
        // EKS tags the session: a role that another account of this cluster, or another cluster, names is refused.
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": own.clusterArn,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": serviceAccount,
          },
        },
      }),
    },
    opts,
  );
  const policy = args.managedPolicy
    ? new RolePolicyAttachment(name, { role: role.name, policyArn: args.managedPolicy }, opts)
    : new RolePolicy(name, { role: role.name, policy: policyDocument(...args.statements) }, opts);
  const association = new PodIdentityAssociation(
    name,
    {
      clusterName: own.clusterName,
      namespace,
      serviceAccount,
      roleArn: role.arn,
      tags: { Name: ["portolan", ...args.parts].join("-") },
    },
    { ...opts, dependsOn: [policy] },
  );
  return [association];
}

/**
 * One bucket, and the platform's key for what S3 keeps in it. Everything else of the platform is under that key too, so it
 * is used through S3 alone, and for this bucket: S3 tells KMS the bucket, or the object where buckets have no key of their
 * own (S3 user guide, "Using server-side encryption with AWS KMS keys", encryption context).
 */
export function bucketStatements(
  bucketArn: pulumi.Output<string>,
  { keyArn, region }: Pick<AwsFacts, "keyArn" | "region">,
): Record<string, unknown>[] {
  return [
    { Action: ["s3:ListBucket"], Resource: bucketArn },
    {
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: pulumi.interpolate`${bucketArn}/*`,
    },
    {
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: keyArn,
      Condition: {
        StringEquals: { "kms:ViaService": pulumi.interpolate`s3.${region}.${dnsSuffix}` },
        StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, pulumi.interpolate`${bucketArn}/*`] },
      },
    },
  ];
}
