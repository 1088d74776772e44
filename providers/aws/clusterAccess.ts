/** Who may enter the cluster. */
import { createHash } from "node:crypto";
import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { AccessPolicyAssociation } from "@pulumi/aws/eks/accessPolicyAssociation.js";
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { getSessionContextOutput } from "@pulumi/aws/iam/getSessionContext.js";
import * as pulumi from "@pulumi/pulumi";
import { partition, type Scope } from "./scope.ts";

/** Answers what must stand as long as anything in the cluster does: without it, nobody could delete it. */
export function clusterAccess(
  scope: Scope,
  cluster: pulumi.Output<string>,
  adminRoles: readonly string[],
): pulumi.Resource[] {
  if (adminRoles.length === 0) return [maker(scope, cluster)];
  const [first = "", ...others] = adminRoles;
  const entry = (arn: string, opts: pulumi.CustomResourceOptions) =>
    admin(scope, partOf(arn), cluster, pulumi.output(arn), opts);
  const taken = entry(first, { aliases: [makerOf(scope)], deleteBeforeReplace: true });
  return [taken, ...others.map((arn) => entry(arn, { dependsOn: [taken] }))];
}

function partOf(arn: string): string {
  return createHash("sha256").update(arn).digest("hex").slice(0, 8);
}

/**
 * Whoever made the cluster may be among the roles, and EKS refuses a second entry for one (ResourceInUseException). So the
 * first role takes the maker's entry over, or it goes first; the others come after.
 */
function makerOf({ name }: Scope): { name: string } {
  return { name: `${name}-access-maker` };
}

/** Whoever makes the cluster stays its administrator, whoever else runs the engine later. */
function maker(scope: Scope, cluster: pulumi.Output<string>): pulumi.Resource {
  const { arn } = getCallerIdentityOutput({}, { parent: scope.parent });
  // A session's ARN is not its role's, and entries are for roles.
  const { issuerArn } = getSessionContextOutput({ arn }, { parent: scope.parent });
  return admin(scope, "maker", cluster, issuerArn, { ignoreChanges: ["principalArn"] });
}

function admin(
  scope: Scope,
  part: string,
  clusterName: pulumi.Output<string>,
  principalArn: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { name, parent } = scope;
  const entry = new AccessEntry(
    `${name}-access-${part}`,
    { clusterName, principalArn, type: "STANDARD" },
    { ...opts, parent },
  );
  return new AccessPolicyAssociation(
    `${name}-access-${part}`,
    {
      clusterName,
      principalArn: entry.principalArn,
      policyArn: `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
      accessScope: { type: "cluster" },
    },
    { ...opts, parent },
  );
}
