/** What follows from `lifecycle` on AWS, and what is not made because the user has it. */
import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { declared, type Made, settings } from "./aws-fixtures.ts";
import type { Run } from "./harness.ts";

const type = {
  eks: "aws:eks/cluster:Cluster",
  rds: "aws:rds/instance:Instance",
  cache: "aws:elasticache/replicationGroup:ReplicationGroup",
  key: "aws:kms/key:Key",
  bucket: "aws:s3/bucket:Bucket",
  user: "aws:elasticache/user:User",
  role: "aws:iam/role:Role",
  subnet: "aws:ec2/subnet:Subnet",
  nat: "aws:ec2/natGateway:NatGateway",
  flowLog: "aws:ec2/flowLog:FlowLog",
  provider: "pulumi:providers:aws",
} as const;

/** Where data is: nothing may take these away in production. */
const data = [
  [type.rds, "platform-postgres"],
  [type.cache, "platform-redis"],
  [type.key, "platform-key"],
  [type.bucket, "acme-bucket"],
  ["aws:cloudwatch/logGroup:LogGroup", "platform-flow-logs"],
] as const;

function urnOf({ urn }: pulumi.Resource): Promise<string> {
  return new Promise((resolve) => urn.apply(resolve));
}

function count(stack: Run<unknown>, wanted: string): number {
  return stack.custom.filter((one) => one.type === wanted).length;
}

describe("a production platform", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("production");
  });

  it("protects what holds data, and leaves it in the cloud should the protection be taken off", () => {
    for (const [kind, name] of data)
      expect(stack.find(kind, name).options, name).toMatchObject({ protect: true, retainOnDelete: true });
    expect(stack.find(type.eks, "platform-eks").options.protect).toBe(true);
  });

  it("keeps the database twice, encrypted, with its past, and a last snapshot under a name of its own", () => {
    expect(stack.find(type.rds, "platform-postgres").inputs).toMatchObject({
      identifier: "portolan-us-prod-a1b2c3",
      multiAz: true,
      storageEncrypted: true,
      storageType: "gp3",
      publiclyAccessible: false,
      deletionProtection: true,
      deleteAutomatedBackups: false,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "portolan-us-prod-final-a1b2c3",
      backupRetentionPeriod: 35,
    });
    const { inputs } = stack.find(type.rds, "platform-postgres");
    // RDS refuses them on gp3 below 400 GiB.
    expect(inputs).not.toHaveProperty("iops");
    expect(inputs).not.toHaveProperty("storageThroughput");
    expect(inputs).not.toHaveProperty("manageMasterUserPassword");
    expect(stack.find("aws:rds/parameterGroup:ParameterGroup", "platform-postgres").inputs).toMatchObject({
      family: "postgres17",
      parameters: [{ name: "rds.force_ssl", value: "1", applyMethod: "pending-reboot" }],
    });
  });

  it("keeps the cache twice, by TLS alone, and evicts nothing", () => {
    expect(stack.find(type.cache, "platform-redis").inputs).toMatchObject({
      replicationGroupId: "portolan-us-prod-a1b2c3",
      engine: "valkey",
      numCacheClusters: 2,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      atRestEncryptionEnabled: true,
      snapshotRetentionLimit: 35,
      finalSnapshotIdentifier: "portolan-us-prod-final-a1b2c3",
    });
    const group = stack.find("aws:elasticache/parameterGroup:ParameterGroup", "platform-redis").inputs;
    expect(group).toMatchObject({
      family: "valkey8",
      parameters: [{ name: "maxmemory-policy", value: "noeviction" }],
    });
  });

  it("runs EKS in Auto Mode with all of its parts, no open endpoint, encrypted Secrets and all logs", () => {
    expect(stack.find(type.eks, "platform-eks").inputs).toMatchObject({
      name: "portolan-us-prod-a1b2c3",
      bootstrapSelfManagedAddons: false,
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      computeConfig: { enabled: true, nodePools: ["general-purpose", "system"] },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
      storageConfig: { blockStorage: { enabled: true } },
      vpcConfig: { endpointPrivateAccess: true, endpointPublicAccess: false },
      encryptionConfig: { resources: ["secrets"] },
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      deletionProtection: true,
    });
    expect(stack.find("aws:cloudwatch/logGroup:LogGroup", "platform-cluster-logs").inputs.name).toBe(
      "/aws/eks/portolan-us-prod-a1b2c3/cluster",
    );
  });

  it("acts on NetworkPolicies, before a tenant is made", async () => {
    const map = stack.find("kubernetes:core/v1:ConfigMap", "platform-network-policy");
    expect(map.inputs).toMatchObject({
      metadata: { name: "amazon-vpc-cni", namespace: "kube-system" },
      data: { "enable-network-policy-controller": "true" },
    });
    const ready = await Promise.all(stack.result().platform.ready.map(urnOf));
    expect(ready).toContain(map.urn);
  });

  it("has three zones, a way out in each, and writes down who talked to whom", () => {
    const subnets = stack.custom.filter((one) => one.type === type.subnet);
    expect(subnets.map(({ inputs }) => inputs.availabilityZone).sort()).toEqual([
      "us-east-1a",
      "us-east-1a",
      "us-east-1b",
      "us-east-1b",
      "us-east-1c",
      "us-east-1c",
    ]);
    expect(subnets[0]?.options.ignoreChanges).toEqual(["availabilityZone"]);
    expect(stack.find(type.subnet, "platform-public-0").inputs.tags).toMatchObject({
      "kubernetes.io/role/elb": "1",
    });
    expect(stack.find(type.subnet, "platform-private-0").inputs.tags).toMatchObject({
      "kubernetes.io/role/internal-elb": "1",
    });
    expect(count(stack, type.nat)).toBe(3);
    expect(count(stack, type.flowLog)).toBe(1);
    const group = stack.find("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "platform-default-group");
    expect(group.inputs).not.toHaveProperty("ingress");
    expect(group.inputs).not.toHaveProperty("egress");
  });

  it("empties no bucket, and leaves none open that it leaves behind", () => {
    expect(stack.find(type.bucket, "acme-bucket").inputs).toMatchObject({
      bucket: "portolan-us-prod-acme-a1b2c3",
      forceDestroy: false,
    });
    const settings = stack.custom.filter(
      ({ type: kind, name }) => kind.startsWith("aws:s3/") && name === "acme-bucket",
    );
    expect(settings.length).toBe(7);
    expect(settings.every(({ options }) => options.retainOnDelete)).toBe(true);
  });
});

describe("a disposable platform", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("disposable");
  });

  it("protects and keeps nothing, so that one plain destroy removes all of it", () => {
    const kept = stack.resources.filter(({ options }) => options.protect || options.retainOnDelete);
    expect(kept.map(({ urn }) => urn)).toEqual([]);
    expect(stack.find(type.eks, "platform-eks").inputs.deletionProtection).toBe(false);
    expect(stack.find(type.bucket, "acme-bucket").inputs.forceDestroy).toBe(true);
    expect(stack.find(type.key, "platform-key").inputs.deletionWindowInDays).toBe(7);
    expect(stack.find(type.rds, "platform-postgres").inputs).toMatchObject({
      multiAz: false,
      deletionProtection: false,
      skipFinalSnapshot: true,
      deleteAutomatedBackups: true,
      backupRetentionPeriod: 0,
    });
    expect(stack.find(type.rds, "platform-postgres").inputs).not.toHaveProperty("finalSnapshotIdentifier");
    expect(stack.find(type.cache, "platform-redis").inputs).not.toHaveProperty("finalSnapshotIdentifier");
  });

  it("has one way out for all zones, and one of each server", () => {
    expect(count(stack, type.nat)).toBe(1);
    expect(count(stack, type.flowLog)).toBe(0);
    // Empty, but there: turned disposable, a stack must be able to take the protection off.
    expect(stack.find("aws:cloudwatch/logGroup:LogGroup", "platform-flow-logs").options.protect).toBe(false);
    expect(stack.find(type.cache, "platform-redis").inputs).toMatchObject({
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
    });
  });

  it("has no delete hook, with which a plain destroy would fail", () => {
    expect(stack.custom.flatMap(({ options }) => options.hooks).filter((one) => /delete/i.test(one))).toEqual(
      [],
    );
  });
});

describe("what a user brings", () => {
  it("a network: nothing of one is made, and the edge names its subnets", async () => {
    const subnets: Record<string, string> = {
      "subnet-a1": "us-east-1a",
      "subnet-b1": "us-east-1b",
      "subnet-a2": "us-east-1a",
      "subnet-b2": "us-east-1b",
    };
    const stack = await declared("production", {
      settings: {
        network: {
          kind: "existing",
          vpcId: "vpc-1",
          privateSubnetIds: ["subnet-a1", "subnet-b1"],
          publicSubnetIds: ["subnet-a2", "subnet-b2"],
        },
      },
      answers: {
        "aws:ec2/getVpc:getVpc": () => ({ enableDnsHostnames: true, enableDnsSupport: true }),
        "aws:ec2/getSubnet:getSubnet": ({ id }) => ({
          vpcId: "vpc-1",
          availableIpAddressCount: 100,
          availabilityZone: subnets[String(id)],
        }),
      },
    });
    const made = stack.custom.filter(({ type: kind }) => /^aws:ec2\/(?!securityGroup)/.test(kind));
    expect(made.map(({ name }) => name)).toEqual([]);
    expect(stack.find(type.eks, "platform-eks").inputs.vpcConfig).toMatchObject({
      subnetIds: ["subnet-a1", "subnet-b1"],
    });
    expect(JSON.stringify(stack.find("kubernetes:helm.sh/v3:Release", "platform-traefik").inputs)).toContain(
      '"service.beta.kubernetes.io/aws-load-balancer-subnets":"subnet-a2,subnet-b2"',
    );
  });

  it("a cluster: neither it nor its roles, logs and entries are made", async () => {
    const stack = await declared("production", {
      settings: { cluster: { kind: "existing", name: "mine" } },
      answers: {
        "aws:eks/getCluster:getCluster": () => ({
          arn: "arn:aws:eks:us-east-1:123456789012:cluster/mine",
          endpoint: "https://mine.example.com",
          createdAt: "2026-01-01T00:00:00Z",
          certificateAuthorities: [{ data: "Y2E=" }],
          computeConfigs: [{ enabled: true }],
          vpcConfig: { clusterSecurityGroupId: "sg-mine", vpcId: "platform-vpc-id" },
        }),
      },
    });
    const made = stack.custom.filter(({ type: kind }) => /^aws:(eks|cloudwatch|iam)\//.test(kind));
    expect(made.map(({ name }) => name).filter((name) => !/-identity$|flow-logs/.test(name))).toEqual([]);
    // Its kube-system is its owner's.
    expect(stack.custom.filter(({ name }) => name === "platform-network-policy")).toEqual([]);
    const rule = stack.find("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "platform-postgres");
    expect(rule.inputs.referencedSecurityGroupId).toBe("sg-mine");
    expect(JSON.stringify(stack.find("pulumi:providers:kubernetes", "platform-cluster").inputs)).toContain(
      "https://mine.example.com",
    );
  });

  it("a database and a cache: neither server nor account is made, and the names of Secrets are passed on", async () => {
    const tls = { roots: { caPem: "-----BEGIN CERTIFICATE-----\nmine\n-----END CERTIFICATE-----" } };
    const stack = await declared("production", {
      settings: {
        database: {
          kind: "existing",
          host: "postgres.mine.example",
          port: 5433,
          tls,
          admin: { username: "root", secretName: "pg", key: "pw" },
        },
        redis: { kind: "existing", host: "redis.mine.example", port: 6380, tls, isolation: "prefix" },
      },
      tenant: { given: { redis: { prefix: "ward-7/", password: { secretName: "mine", key: "redis" } } } },
    });
    expect(stack.custom.filter(({ type: kind }) => /^aws:(rds|elasticache)\//.test(kind))).toEqual([]);
    expect(stack.custom.filter(({ name }) => name === "platform-database-admin")).toEqual([]);
    const { platform, tenants } = stack.result();
    expect(platform.facts.databaseServer).toMatchObject({
      host: "postgres.mine.example",
      port: 5433,
      adminSecret: { secretName: "pg", key: "pw" },
    });
    expect(platform.facts.offers.redis).toEqual(["prefix"]);
    expect(tenants.acme?.redis).toEqual({
      host: "redis.mine.example",
      port: 6380,
      tls,
      isolation: "prefix",
      prefix: "ward-7/",
      password: { kind: "secret", ref: { secretName: "mine", key: "redis" } },
    });
  });

  it("a zone: gets a record for the domain and one for all hosts below, and without one there is none", async () => {
    const record = "aws:route53/record:Record";
    const looked: unknown[] = [];
    const stack = await declared("production", {
      settings: { dns: { zoneId: "Z1" } },
      answers: {
        "aws:route53/getZone:getZone": ({ zoneId }) => {
          looked.push(zoneId);
          return { name: "example.com" };
        },
      },
    });
    expect(looked).toEqual(["Z1"]);
    for (const [part, name] of [
      ["domain", "example.com"],
      ["hosts", "*.example.com"],
    ] as const)
      expect(stack.find(record, `platform-${part}`).inputs).toMatchObject({
        zoneId: "Z1",
        name,
        type: "A",
        aliases: [{ name: "nlb.example.com", zoneId: "Z-NLB", evaluateTargetHealth: false }],
      });
    expect(count(await declared("production"), record)).toBe(0);
  });
});

describe("another size", () => {
  it("is there when `up` says so, and does not wait for a maintenance window", async () => {
    for (const lifecycle of ["production", "disposable"] as const) {
      const stack = await declared(lifecycle);
      expect(stack.find(type.rds, "platform-postgres").inputs.applyImmediately).toBe(true);
      expect(stack.find(type.cache, "platform-redis").inputs.applyImmediately).toBe(true);
    }
  });

  it("changes what both services change in place, and replaces nothing", async () => {
    // One after the other: the SDK keeps one program in mind.
    const small = await inputsOf("small");
    const large = await inputsOf("large");
    const changed = Object.entries(large).flatMap(([urn, inputs]) =>
      Object.keys({ ...small[urn], ...inputs })
        .filter((key) => JSON.stringify(small[urn]?.[key]) !== JSON.stringify(inputs[key]))
        .map((key) => `${urn.split("::").at(-1)}.${key}`),
    );
    expect(changed.sort()).toEqual([
      "platform-postgres.allocatedStorage",
      "platform-postgres.instanceClass",
      "platform-redis.nodeType",
    ]);
    expect(Object.keys(small).sort()).toEqual(Object.keys(large).sort());
  });

  it("grows a disk by itself up to the same size, so that a smaller size asks for no smaller one", async () => {
    for (const size of ["small", "large"] as const) {
      const stack = await declared("production", { request: { size } });
      const { allocatedStorage, maxAllocatedStorage } = stack.find(type.rds, "platform-postgres").inputs;
      expect(maxAllocatedStorage).toBe(1000);
      expect(Number(allocatedStorage)).toBeLessThan(400);
    }
  });

  async function inputsOf(size: "small" | "large"): Promise<Record<string, Record<string, unknown>>> {
    const stack = await declared("production", { request: { size } });
    return Object.fromEntries(stack.custom.map(({ urn, inputs }) => [urn, inputs]));
  }
});

describe("who may enter the cluster", () => {
  const entry = "aws:eks/accessEntry:AccessEntry";

  it("is whoever made it where no role is named, whoever runs the engine later", async () => {
    const one = {
      version: "1.35",
      endpoint: { access: "private", cidrs: [] },
      serviceCidr: undefined,
    } as const;
    const stack = await declared("disposable", {
      settings: { cluster: { kind: "new", ...one, adminRoles: [] } },
    });
    const { inputs, options } = stack.find(entry, "platform-access-maker");
    // The role's own ARN with its path, not the session's.
    expect(inputs.principalArn).toBe("arn:aws:iam::123456789012:role/ci/deploy");
    expect(options.ignoreChanges).toEqual(["principalArn"]);
  });

  it("is taken over by the first role that is named later, and by no other", async () => {
    const roles = ["ci/deploy", "oncall"].map((role) => `arn:aws:iam::123456789012:role/${role}`);
    const { cluster } = settings;
    if (cluster.kind !== "new") throw new Error("the fixtures make a cluster");
    const stack = await declared("production", {
      settings: { cluster: { ...cluster, adminRoles: roles } },
    });
    for (const type of [entry, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"]) {
      const all = stack.custom.filter((one) => one.type === type);
      const aliases = all.map(({ inputs, options }) => [inputs.principalArn, options.aliases]);
      expect(Object.fromEntries(aliases)).toEqual({
        [roles[0] ?? ""]: ["platform-access-maker"],
        [roles[1] ?? ""]: [],
      });
    }
  });

  it("is each role that is named, and then nobody by chance", async () => {
    const stack = await declared("production");
    expect(count(stack, entry)).toBe(1);
    expect(
      stack.find("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "platform-access-3ead51da")
        .inputs,
    ).toMatchObject({
      policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
      accessScope: { type: "cluster" },
    });
  });
});

describe("what an application does not need", () => {
  it("is not built", async () => {
    const stack = await declared("production", { request: { needs: {}, tenants: [] } });
    expect(stack.custom.filter(({ type: kind }) => /^aws:(rds|elasticache|s3|efs)\//.test(kind))).toEqual([]);
    expect(stack.result().platform.facts.storage.shared).toBeNull();
  });

  it("is built when it does: EFS, its driver and a class", async () => {
    const stack = await declared("production", { request: { needs: { sharedVolume: { sizeGi: 20 } } } });
    expect(stack.find("aws:efs/fileSystem:FileSystem", "platform-shared").options).toMatchObject({
      protect: true,
      retainOnDelete: true,
    });
    expect(count(stack, "aws:efs/mountTarget:MountTarget")).toBe(3);
    const { inputs, options, urn } = stack.find(
      "aws:efs/fileSystemPolicy:FileSystemPolicy",
      "platform-shared",
    );
    const account = "arn:aws:elasticfilesystem:us-east-1:123456789012";
    const everybody = { Principal: { AWS: "*" }, Resource: `${account}:file-system/fs-1` };
    expect(JSON.parse(String(inputs.policy)).Statement).toEqual([
      {
        Sid: "AccessPointsOnly",
        Effect: "Allow",
        ...everybody,
        Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Condition: {
          StringLike: { "elasticfilesystem:AccessPointArn": `${account}:access-point/*` },
          Bool: { "elasticfilesystem:AccessedViaMountTarget": "true" },
        },
      },
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        ...everybody,
        Action: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
    // A file system that is left behind must not be left open; and no claim is bound before it is closed.
    expect(options.retainOnDelete).toBe(true);
    const drain = stack.find("kubernetes:helm.sh/v3:Release", "platform-drain");
    expect(drain.options.dependsOn).toContain(urn);
    expect(
      stack.find("kubernetes:storage.k8s.io/v1:StorageClass", "platform-shared").options.dependsOn,
    ).toContain(drain.urn);
    expect(stack.find("aws:eks/addon:Addon", "platform-efs-driver").inputs.addonName).toBe(
      "aws-efs-csi-driver",
    );
    expect(stack.result().platform.facts.storage.shared).toEqual({
      className: "portolan-shared",
      accessMode: "ReadWriteMany",
    });
  });
});
