/** The two roles of a cluster in Auto Mode: the control plane's, which makes nodes and balancers, and the nodes'. */
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import type * as pulumi from "@pulumi/pulumi";
import { nameIn, partition, policyDocument, type Scope } from "./scope.ts";

/** AWS's own policies for Auto Mode (EKS user guide). */
const policies = {
  cluster: [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
  ],
  node: ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"],
} as const;

const trusted = {
  cluster: { Service: "eks.amazonaws.com", Action: ["sts:AssumeRole", "sts:TagSession"] },
  node: { Service: "ec2.amazonaws.com", Action: ["sts:AssumeRole"] },
} as const;

/** `attachments`: the cluster works only with all of them, and cannot even be deleted cleanly without. */
export function clusterRoles(scope: Scope): { cluster: Role; node: Role; attachments: pulumi.Resource[] } {
  const made = { cluster: role(scope, "cluster"), node: role(scope, "node") };
  const attachments = (["cluster", "node"] as const).flatMap((kind) =>
    policies[kind].map(
      (policy) =>
        new RolePolicyAttachment(
          `${scope.name}-${kind}-${policy}`,
          { role: made[kind].name, policyArn: `arn:${partition}:iam::aws:policy/${policy}` },
          { parent: scope.parent },
        ),
    ),
  );
  return { ...made, attachments };
}

function role(scope: Scope, kind: "cluster" | "node"): Role {
  const { Service, Action } = trusted[kind];
  return new Role(
    `${scope.name}-${kind}`,
    {
      name: nameIn(scope, "role", kind),
      assumeRolePolicy: policyDocument({ Action, Principal: { Service } }),
    },
    { parent: scope.parent },
  );
}
