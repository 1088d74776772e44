/** Things of AWS that many tests need. */
import { t } from "../../sandbox/clouds/aws/types.ts";
import type { Made, TestCloud } from "./clouds-harness.ts";

export const inRegion = { region: "us-east-1" };

export function trust(service: string, ...actions: string[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: actions }],
  });
}

export function permit(action: string, resource: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Resource: resource }],
  });
}

/** A VPC with two subnets in two zones. */
export async function makeNetwork(cloud: TestCloud): Promise<{ vpc: Made; subnets: Made[]; ids: string[] }> {
  const vpc = await cloud.create(t.vpc, "vpc", { cidrBlock: "10.0.0.0/16" });
  const subnets = [];
  for (const [at, zone] of ["us-east-1a", "us-east-1b"].entries()) {
    subnets.push(
      await cloud.create(t.subnet, `s${at}`, {
        vpcId: vpc.id,
        cidrBlock: `10.0.${at}.0/24`,
        availabilityZone: zone,
      }),
    );
  }
  return { vpc, subnets, ids: subnets.map(({ id }) => id) };
}

const policies = {
  cluster: [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
  ],
  node: ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"],
};

/** Inputs of a cluster in Auto Mode, with the roles that it needs. */
export async function clusterInputs(cloud: TestCloud, subnetIds: string[]) {
  const roles: Record<string, Made> = {};
  for (const [kind, service, actions] of [
    ["cluster", "eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]],
    ["node", "ec2.amazonaws.com", ["sts:AssumeRole"]],
  ] as const) {
    const role = await cloud.create(t.role, kind, { assumeRolePolicy: trust(service, ...actions) });
    for (const policy of policies[kind])
      await cloud.create(t.rolePolicyAttachment, policy, {
        role: role.id,
        policyArn: `arn:aws:iam::aws:policy/${policy}`,
      });
    roles[kind] = role;
  }
  return {
    name: "main",
    roleArn: String(roles.cluster?.plain.arn),
    bootstrapSelfManagedAddons: false,
    accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
    computeConfig: {
      enabled: true,
      nodePools: ["general-purpose"],
      nodeRoleArn: String(roles.node?.plain.arn),
    },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    storageConfig: { blockStorage: { enabled: true } },
    vpcConfig: { subnetIds, endpointPrivateAccess: true, endpointPublicAccess: false },
  };
}
