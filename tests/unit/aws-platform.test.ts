import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { declared, type Made } from "./aws-fixtures.ts";
import { outlives, type Run } from "./harness.ts";

const eks = "aws:eks/cluster:Cluster::platform-eks";
const drain = "kubernetes:helm.sh/v3:Release::platform-drain";

describe("the order of a destroy", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("disposable");
  });

  it("keeps the drain until everything else in the cluster is gone, but its own namespace", () => {
    const inside = stack.custom.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(inside.length).toBeGreaterThan(6);
    for (const { type, name } of inside) {
      const isOlder = name === "platform-services" || name === "platform-drain";
      expect(outlives(stack, type, name).has(drain), name).toBe(!isOlder || name === "platform-drain");
    }
  });

  it("keeps access, routes and the nodes' policies until the drain is done, and the cluster after them", () => {
    const kept = outlives(stack, "kubernetes:helm.sh/v3:Release", "platform-drain");
    for (const one of [
      "aws:eks/accessPolicyAssociation:AccessPolicyAssociation::platform-access-3ead51da",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment::platform-node-AmazonEKSWorkerNodeMinimalPolicy",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment::platform-cluster-AmazonEKSLoadBalancingPolicy",
      "aws:ec2/route:Route::platform-private-0-out",
      "aws:ec2/natGateway:NatGateway::platform-nat-0",
      eks,
    ])
      expect(kept, one).toContain(one);
  });

  it("keeps the driver of shared volumes, its identity and its way to them until the drain is done", async () => {
    const sharing = await declared("disposable", { request: { needs: { sharedVolume: { sizeGi: 10 } } } });
    const { ready } = sharing.result().platform;
    const urns = await new Promise((resolve) => pulumi.all(ready.map(({ urn }) => urn)).apply(resolve));
    // Claims wait for it themselves: the engine looks no further than what is named.
    expect(urns).toContainEqual(expect.stringMatching(/::platform-efs-driver$/));
    const kept = outlives(sharing, "kubernetes:helm.sh/v3:Release", "platform-drain");
    for (const one of [
      "aws:eks/addon:Addon::platform-efs-driver",
      "aws:eks/podIdentityAssociation:PodIdentityAssociation::platform-efs-driver",
      "aws:efs/mountTarget:MountTarget::platform-shared-2",
      "aws:efs/fileSystem:FileSystem::platform-shared",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::platform-shared",
    ])
      expect(kept, one).toContain(one);
  });

  it("removes rules that name the cluster's group, and identities, before the cluster", () => {
    for (const [type, name] of [
      ["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "platform-postgres"],
      ["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "platform-redis"],
      ["aws:eks/podIdentityAssociation:PodIdentityAssociation", "acme-identity"],
      ["aws:eks/accessEntry:AccessEntry", "platform-access-3ead51da"],
    ] as const)
      expect(outlives(stack, type, name), name).toContain(eks);
  });

  it("lets tenants' users into the cache's group only while the cache is there, and with time for all of them", () => {
    const association = ["aws:elasticache/userGroupAssociation:UserGroupAssociation", "acme-redis"] as const;
    expect(outlives(stack, ...association)).toContain(
      "aws:elasticache/replicationGroup:ReplicationGroup::platform-redis",
    );
    expect(stack.find(...association).options.timeouts).toEqual({ create: "60m", delete: "60m" });
  });

  it("keeps roles, log group, ways out and the gateway until the cluster is gone", () => {
    const kept = outlives(stack, "aws:eks/cluster:Cluster", "platform-eks");
    for (const one of [
      "aws:cloudwatch/logGroup:LogGroup::platform-cluster-logs",
      "aws:iam/role:Role::platform-cluster",
      "aws:iam/role:Role::platform-node",
      "aws:ec2/routeTableAssociation:RouteTableAssociation::platform-public-2",
      "aws:ec2/natGateway:NatGateway::platform-nat-0",
      "aws:ec2/internetGateway:InternetGateway::platform-internet",
      "aws:kms/key:Key::platform-key",
    ])
      expect(kept, one).toContain(one);
  });
});
