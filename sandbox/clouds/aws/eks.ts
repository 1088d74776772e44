/** Clusters in Auto Mode. */
import type { Plain } from "../../engine/rpc/values.ts";
import { type Deleting, type Kind, type Making, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bring, madeId } from "../core/operations.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import { holdersOf } from "../core/references.ts";
import { trusts } from "./documents.ts";
import { eksAccess } from "./eksAccess.ts";
import { attachedTo } from "./iam.ts";
import { keyRef } from "./keys.ts";
import { vpcOf } from "./networkRules.ts";
import { own, t } from "./types.ts";
import { arn, dnsSuffixOf, given, time } from "./words.ts";

/** EKS places no control plane in these zones (EKS user guide, network requirements). */
const refusedZones = ["use1-az3", "usw1-az2", "cac1-az3"];
const oldest = 29;
const newest = 36;

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

function autoMode(inputs: Making["inputs"]): readonly string[] {
  const flags = [
    bagOf(inputs, "computeConfig").enabled,
    bagOf(bagOf(inputs, "kubernetesNetworkConfig"), "elasticLoadBalancing").enabled,
    bagOf(bagOf(inputs, "storageConfig"), "blockStorage").enabled,
  ].map((flag) => flag === true);
  const on = flags.filter(Boolean).length;
  if (on === 0) return [];
  const compute = bagOf(inputs, "computeConfig");
  return [
    ...(on === 3
      ? []
      : [
          "computeConfig.enabled, kubernetesNetworkConfig.elasticLoadBalancing.enabled and storageConfig.blockStorage.enabled must all be true, or none",
        ]),
    ...(inputs.bootstrapSelfManagedAddons === false
      ? []
      : ['"bootstrapSelfManagedAddons" must be false in Auto Mode']),
    ...(compute.nodeRoleArn !== undefined && textsAt(inputs, "computeConfig.nodePools[]").length === 0
      ? ['"computeConfig.nodeRoleArn" needs "computeConfig.nodePools"']
      : []),
  ];
}

function placed({ world, inputs }: Making): void {
  const subnets = textsAt(inputs, "vpcConfig.subnetIds[]").map((id) => world.store.find(t.subnet, id));
  const zones = new Set(subnets.map((found) => found?.outputs.availabilityZoneId));
  const vpcs = new Set(subnets.map((found) => found?.inputs.vpcId));
  if (zones.size < 2)
    throw new Refused("InvalidParameterException: Subnets specified must be in at least two different AZs");
  if (vpcs.size > 1) throw new Refused("InvalidParameterException: Subnets specified must all be in one VPC");
  const wrong = refusedZones.find((zone) => zones.has(zone));
  if (wrong !== undefined)
    throw new Refused(
      `UnsupportedAvailabilityZoneException: Cannot create cluster because ${wrong}, the targeted availability zone, does not currently have sufficient capacity to support the cluster`,
    );
}

/** The role behind an ARN must be one that EKS (or a node) may take, with AWS's own policies attached. */
function requireRole(
  world: World,
  roleArn: string,
  kind: keyof typeof policies,
  service: string,
  ...actions: string[]
): void {
  const role = world.store.living([t.role]).find(({ outputs }) => outputs.arn === roleArn);
  if (role === undefined) return;
  if (!trusts(textOf(role.inputs, "assumeRolePolicy"), service, ...actions))
    throw new Refused(
      `InvalidParameterException: The trust policy of ${roleArn} must let ${service} do ${actions.join(" and ")}`,
    );
  const attached = attachedTo(world, role.id);
  const missing = policies[kind].filter((policy) => !attached.includes(policy));
  if (missing.length > 0)
    throw new Refused(
      `InvalidParameterException: ${roleArn} lacks the policies ${missing.join(", ")}: without them Auto Mode makes neither nodes nor load balancers`,
    );
}

function minor(version: Plain | undefined): number {
  return typeof version === "string" ? Number(version.split(".")[1]) : newest - 1;
}

const logsOf = (name: string): string => `/aws/eks/${name}/cluster`;

const cluster: Kind = {
  inputs: {
    name: {
      pattern: /^[0-9A-Za-z][\w-]*$/,
      says: "letters, digits, - and _",
      range: [1, 100],
      replaces: true,
    },
    version: { default: "1.35" },
    roleArn: { refers: { to: t.role, by: ["arn"], atDelete: "leave" }, replaces: true },
    bootstrapSelfManagedAddons: { default: true, replaces: true },
    deletionProtection: { default: false },
    "accessConfig.authenticationMode": { options: ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"] },
    "accessConfig.bootstrapClusterCreatorAdminPermissions": { replaces: true },
    "computeConfig.nodePools[]": { options: ["general-purpose", "system"] },
    "computeConfig.nodeRoleArn": { refers: { to: t.role, by: ["arn"], atDelete: "leave" }, replaces: true },
    "kubernetesNetworkConfig.ipFamily": { options: ["ipv4", "ipv6"], replaces: true },
    "kubernetesNetworkConfig.serviceIpv4Cidr": { replaces: true },
    "vpcConfig.subnetIds[]": { refers: { to: t.subnet } },
    "vpcConfig.securityGroupIds[]": { refers: { to: t.securityGroup } },
    "vpcConfig.endpointPrivateAccess": { default: false },
    "vpcConfig.endpointPublicAccess": { default: true },
    "encryptionConfig.provider.keyArn": keyRef,
    "encryptionConfig.resources[]": { options: ["secrets"] },
    encryptionConfig: { replaces: true },
    "enabledClusterLogTypes[]": {
      options: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    },
    "upgradePolicy.supportType": { options: ["STANDARD", "EXTENDED"] },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 100 },
    taken: "ResourceInUseException: Cluster already exists with name",
  },
  refuse: (inputs) => [
    ...autoMode(inputs),
    ...(minor(inputs.version) >= oldest && minor(inputs.version) <= newest
      ? []
      : [`"version" must be 1.${oldest} to 1.${newest}, not "${String(inputs.version)}"`]),
    ...(bagOf(inputs, "vpcConfig").endpointPublicAccess === false &&
    bagOf(inputs, "vpcConfig").endpointPrivateAccess !== true
      ? ["one of vpcConfig.endpointPublicAccess and vpcConfig.endpointPrivateAccess must be true"]
      : []),
  ],
  id: (making) => given(making, "name"),
  admit: (making) => {
    const { world, inputs, old } = making;
    placed(making);
    const compute = bagOf(inputs, "computeConfig");
    if (compute.enabled === true) {
      requireRole(
        world,
        given(making, "roleArn"),
        "cluster",
        "eks.amazonaws.com",
        "sts:AssumeRole",
        "sts:TagSession",
      );
      requireRole(world, textOf(compute, "nodeRoleArn"), "node", "ec2.amazonaws.com", "sts:AssumeRole");
    }
    if (old !== undefined && minor(inputs.version) < minor(old.outputs.version))
      throw new Refused("InvalidParameterException: The Kubernetes version of a cluster cannot be lowered");
    if (old !== undefined && minor(inputs.version) > minor(old.outputs.version) + 1)
      throw new Refused(
        "InvalidParameterException: The Kubernetes version of a cluster can be raised by one minor version at a time",
      );
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "eks", `cluster/${id}`),
    status: () => "ACTIVE",
    createdAt: ({ created }) => time(created),
    platformVersion: () => "eks.1",
    "vpcConfig.vpcId": ({ world, inputs }) => vpcOf(world, textsAt(inputs, "vpcConfig.subnetIds[]")[0] ?? ""),
    "vpcConfig.clusterSecurityGroupId": ({ world, id, created }) =>
      madeId("sg-", world.account, world.region, id, String(created)),
    "vpcConfig.publicAccessCidrs": ({ inputs }) =>
      bagOf(inputs, "vpcConfig").publicAccessCidrs ?? ["0.0.0.0/0"],
    "kubernetesNetworkConfig.serviceIpv4Cidr": ({ inputs }) =>
      bagOf(inputs, "kubernetesNetworkConfig").serviceIpv4Cidr ?? "172.20.0.0/16",
    "kubernetesNetworkConfig.ipFamily": ({ inputs }) =>
      bagOf(inputs, "kubernetesNetworkConfig").ipFamily ?? "ipv4",
    "accessConfig.authenticationMode": ({ inputs }) =>
      bagOf(inputs, "accessConfig").authenticationMode ?? "CONFIG_MAP",
    // Told by the backend.
    endpoint: () => undefined,
    "certificateAuthority.data": () => undefined,
    identities: ({ world, id, created }) => [
      {
        oidcs: [
          {
            issuer: `https://oidc.eks.${world.region}.${dnsSuffixOf(world.region)}/id/${digest(32, id, String(created)).toUpperCase()}`,
          },
        ],
      },
    ],
  },
  behind: async ({ world, id, inputs, outputs, old }) => {
    const access = await world.backend.cluster(id);
    if (old === undefined) {
      const vpcConfig = bagOf(outputs, "vpcConfig");
      const group = textOf(vpcConfig, "clusterSecurityGroupId");
      const mine = {
        name: `eks-cluster-sg-${id}`,
        vpcId: textOf(vpcConfig, "vpcId"),
        description: "EKS created security group",
      };
      bring(world, t.securityGroup, group, mine, { arn: arn(world, "ec2", `security-group/${group}`) });
      if (
        textsAt(inputs, "enabledClusterLogTypes[]").length > 0 &&
        world.store.find(t.logGroup, logsOf(id)) === undefined
      )
        bring(
          world,
          t.logGroup,
          logsOf(id),
          { name: logsOf(id) },
          { arn: arn(world, "logs", `log-group:${logsOf(id)}`) },
        );
      if (bagOf(inputs, "accessConfig").bootstrapClusterCreatorAdminPermissions !== false) {
        const principalArn = arn(world, "iam", "role/portolan", "account");
        bring(world, t.accessEntry, `${id}:${principalArn}`, { clusterName: id, principalArn }, {});
      }
    }
    return {
      endpoint: access.endpoint,
      certificateAuthority: { data: Buffer.from(access.caPem).toString("base64") },
    };
  },
  protectedBy: ({ id, inputs }) =>
    inputs.deletionProtection === true
      ? `InvalidRequestException: Cluster ${id} has deletion protection enabled. Switch it off first`
      : undefined,
  remove: async ({ world, record }: Deleting) => {
    const { volumes } = await world.backend.made();
    await world.backend.removeCluster(record.id);
    const zone = textsAt(record.inputs, "vpcConfig.subnetIds[]").map(
      (id) => world.store.find(t.subnet, id)?.outputs.availabilityZone,
    )[0];
    const left = new Set((await world.backend.made()).volumes);
    for (const volume of volumes.filter((id) => left.has(id)))
      bring(
        world,
        own.volume,
        volume,
        { availabilityZone: zone ?? "", tags: { "eks:eks-cluster-name": record.id } },
        {},
      );
    const group = world.store.find(
      t.securityGroup,
      textOf(bagOf(record.outputs, "vpcConfig"), "clusterSecurityGroupId"),
    );
    // A rule elsewhere that names the group keeps it: it is left behind, and holds the VPC.
    if (group !== undefined && holdersOf(world, group).every(({ atDelete }) => atDelete !== "refuse"))
      world.store.remove(group.type, group.id);
    // The last lines of a dying control plane make their group anew.
    if (
      textsAt(record.inputs, "enabledClusterLogTypes[]").length > 0 &&
      world.store.find(t.logGroup, logsOf(record.id)) === undefined
    )
      bring(
        world,
        t.logGroup,
        logsOf(record.id),
        { name: logsOf(record.id) },
        { arn: arn(world, "logs", `log-group:${logsOf(record.id)}`) },
      );
  },
};

export const eks: Readonly<Record<string, Kind>> = { [t.cluster]: cluster, ...eksAccess };
