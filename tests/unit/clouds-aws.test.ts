/** What the simulated AWS refuses and keeps, as the real one would. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { own, t } from "../../sandbox/clouds/aws/types.ts";
import type { IdentitySpec, PostgresSpec, RedisSpec } from "../../sandbox/clouds/core/backend.ts";
import { plant } from "../../sandbox/clouds/index.ts";
import { clusterInputs, inRegion, makeNetwork, permit, trust } from "./clouds-aws-harness.ts";
import { readTypes, TestCloud } from "./clouds-harness.ts";

beforeAll(() => readTypes("aws"), 60_000);

const opened: TestCloud[] = [];
const aws = async (options?: Parameters<typeof TestCloud.open>[2]): Promise<TestCloud> => {
  const cloud = await TestCloud.open("aws", inRegion, { patience: 0, ...options });
  opened.push(cloud);
  return cloud;
};
const patient = { patience: 2000 };
afterEach(() => {
  for (const cloud of opened.splice(0)) cloud.remove();
});

describe("a network", () => {
  it("takes subnets of its range that do not overlap, in zones of the region", async () => {
    const cloud = await aws();
    const { vpc } = await makeNetwork(cloud);
    const subnet = (cidrBlock: string, more = {}) =>
      cloud.create(t.subnet, "x", { vpcId: vpc.id, cidrBlock, ...more });
    await expect(subnet("10.1.0.0/24")).rejects.toThrow("InvalidSubnet.Range");
    await expect(subnet("10.0.0.128/25")).rejects.toThrow("InvalidSubnet.Conflict");
    await expect(subnet("10.0.9.0/29")).rejects.toThrow("between /16 and /28");
    await expect(subnet("10.0.9.1/24")).rejects.toThrow("whose address ends where its mask says");
    await expect(subnet("10.0.9.0/24", { availabilityZone: "eu-west-1a" })).rejects.toThrow(
      "must be one of us-east-1a, us-east-1b",
    );
  });

  it("has five addresses and five VPCs in a region, until Service Quotas raises that", async () => {
    const cloud = await aws();
    for (let at = 0; at < 5; at++) await cloud.create(t.vpc, `v${at}`, { cidrBlock: "10.0.0.0/16" });
    await expect(cloud.create(t.vpc, "v5", { cidrBlock: "10.0.0.0/16" })).rejects.toThrow("VpcLimitExceeded");
    const raised = { serviceCode: "vpc", quotaCode: "L-F678F1CE", value: 6 };
    await plant(cloud.folder, "aws", { region: "us-west-2" }, [{ type: t.serviceQuota, inputs: raised }]);
    await expect(cloud.create(t.vpc, "v5", { cidrBlock: "10.0.0.0/16" })).rejects.toThrow("VpcLimitExceeded");
    await plant(cloud.folder, "aws", inRegion, [{ type: t.serviceQuota, inputs: raised }]);
    await cloud.create(t.vpc, "v5", { cidrBlock: "10.0.0.0/16" });
    await expect(cloud.create(t.vpc, "v6", { cidrBlock: "10.0.0.0/16" })).rejects.toThrow(
      "of aws:ec2/vpc:Vpc in us-east-1, 6, has been reached",
    );
  });

  it("lets a NAT gateway out only through an internet gateway, which then cannot go first", async () => {
    const cloud = await aws();
    const { vpc, ids } = await makeNetwork(cloud);
    const address = await cloud.create(t.eip, "e", { domain: "vpc" });
    const inputs = { allocationId: address.id, subnetId: ids[0] ?? "" };
    await expect(cloud.create(t.natGateway, "n", inputs)).rejects.toThrow("Gateway.NotAttached");
    const gateway = await cloud.create(t.internetGateway, "i", { vpcId: vpc.id });
    const nat = await cloud.create(t.natGateway, "n", inputs);
    await expect(cloud.delete(gateway)).rejects.toThrow("has some mapped public address(es)");
    await expect(cloud.delete(address)).rejects.toThrow("DependencyViolation");
    await cloud.delete(nat);
    await cloud.delete(gateway);
  });

  it("is held by rules that name a security group, and drops a group's own with it", async () => {
    const cloud = await aws();
    const { vpc } = await makeNetwork(cloud);
    const one = await cloud.create(t.securityGroup, "one", { vpcId: vpc.id });
    const two = await cloud.create(t.securityGroup, "two", { vpcId: vpc.id });
    const rule = {
      securityGroupId: two.id,
      referencedSecurityGroupId: one.id,
      ipProtocol: "tcp",
      fromPort: 1,
      toPort: 1,
    };
    await cloud.create(t.ingressRule, "r", rule);
    await expect(cloud.create(t.ingressRule, "again", rule)).rejects.toThrow("InvalidPermission.Duplicate");
    await expect(cloud.create(t.ingressRule, "both", { ...rule, cidrIpv4: "0.0.0.0/0" })).rejects.toThrow(
      "exactly one of cidrIpv4",
    );
    await expect(cloud.delete(one)).rejects.toThrow("DependencyViolation");
    await cloud.delete(two);
    await cloud.delete(one);
    expect(cloud.contents().living.filter(({ type }) => type === t.ingressRule)).toEqual([]);
  });
});

describe("a cluster", () => {
  it("takes all of Auto Mode or none, in two zones, with roles that may do it", async () => {
    const cloud = await aws(patient);
    const { ids } = await makeNetwork(cloud);
    const inputs = await clusterInputs(cloud, ids);
    const { storageConfig: _, ...rest } = inputs;
    expect((await cloud.refusals(t.cluster, rest))[0]).toContain("must all be true, or none");
    expect((await cloud.refusals(t.cluster, { ...inputs, bootstrapSelfManagedAddons: true }))[0]).toContain(
      "must be false in Auto Mode",
    );
    expect((await cloud.refusals(t.cluster, { ...inputs, version: "1.12" }))[0]).toContain('not "1.12"');
    const narrow = { ...inputs, vpcConfig: { ...inputs.vpcConfig, subnetIds: ids.slice(0, 1) } };
    await expect(cloud.create(t.cluster, "c", narrow)).rejects.toThrow("at least two different AZs");
    const poor = await cloud.create(t.role, "poor", {
      assumeRolePolicy: trust("eks.amazonaws.com", "sts:AssumeRole"),
    });
    await expect(
      cloud.create(t.cluster, "c", { ...inputs, roleArn: String(poor.plain.arn) }),
    ).rejects.toThrow("sts:TagSession");
    const made = await cloud.create(t.cluster, "c", inputs);
    expect(made.plain).toMatchObject({
      arn: "arn:aws:eks:us-east-1:111122223333:cluster/main",
      vpcConfig: { subnetIds: ids, clusterSecurityGroupId: expect.stringMatching(/^sg-/) },
    });
    await expect(cloud.create(t.cluster, "d", inputs)).rejects.toThrow("ResourceInUseException");
  });

  it("goes with its load balancers and its own security group, and leaves its disks", async () => {
    let balancers = ["edge/traefik"];
    const cloud = await aws({
      ...patient,
      backend: {
        made: async () => ({ loadBalancers: balancers, addresses: {}, volumes: ["pvc-1"] }),
        removeCluster: async () => {
          balancers = [];
        },
      },
    });
    const { vpc, subnets, ids } = await makeNetwork(cloud);
    const gateway = await cloud.create(t.internetGateway, "i", { vpcId: vpc.id });
    const cluster = await cloud.create(t.cluster, "c", {
      ...(await clusterInputs(cloud, ids)),
      deletionProtection: true,
    });
    const hasty = await aws({
      again: cloud,
      backend: { made: async () => ({ loadBalancers: balancers, addresses: {}, volumes: [] }) },
    });
    await expect(hasty.delete(gateway)).rejects.toThrow("mapped public address(es) (edge/traefik)");
    await expect(cloud.delete(cluster)).rejects.toThrow("has deletion protection enabled");
    await cloud.update(cluster, { ...cluster.inputs, deletionProtection: false });
    await cloud.delete(cluster);
    await cloud.delete(gateway);
    for (const subnet of subnets) await cloud.delete(subnet);
    await cloud.delete(vpc);
    expect(cloud.contents().living.filter(({ urn }) => urn === "")).toEqual([
      { type: own.volume, id: "pvc-1", urn: "" },
    ]);
  });

  it("strands its security group when a rule elsewhere names it", async () => {
    const cloud = await aws(patient);
    const { vpc, ids } = await makeNetwork(cloud);
    const cluster = await cloud.create(t.cluster, "c", await clusterInputs(cloud, ids));
    const group = await cloud.create(t.securityGroup, "g", { vpcId: vpc.id });
    const { clusterSecurityGroupId } = { clusterSecurityGroupId: "", ...Object(cluster.plain.vpcConfig) };
    await cloud.create(t.ingressRule, "r", {
      securityGroupId: group.id,
      referencedSecurityGroupId: clusterSecurityGroupId,
      ipProtocol: "-1",
    });
    await cloud.delete(cluster);
    expect(cloud.contents().living).toContainEqual({
      type: t.securityGroup,
      id: clusterSecurityGroupId,
      urn: "",
    });
  });

  it("has one entry for each administrator, the bootstrapped one among them", async () => {
    const cloud = await aws(patient);
    const { ids } = await makeNetwork(cloud);
    const inputs = await clusterInputs(cloud, ids);
    await cloud.create(t.cluster, "c", { ...inputs, accessConfig: { authenticationMode: "API" } });
    const { arn } = await cloud.invoke("aws:index/getCallerIdentity:getCallerIdentity");
    const { issuerArn } = await cloud.invoke("aws:iam/getSessionContext:getSessionContext", {
      arn: String(arn),
    });
    const entry = { clusterName: "main", principalArn: String(issuerArn) };
    await expect(cloud.create(t.accessEntry, "e", entry)).rejects.toThrow("already in use on this cluster");
    expect((await cloud.refusals(t.accessEntry, { ...entry, principalArn: String(arn) }))[0]).toContain(
      "not of a session",
    );
  });

  it("lets pods become a role that trusts them, and opens the buckets of its policies", async () => {
    const allowed: IdentitySpec[] = [];
    const identity = {
      ensure: async (spec: IdentitySpec) => void allowed.push(spec),
      remove: async () => {},
    };
    const cloud = await aws({ ...patient, backend: { identity } });
    const { ids } = await makeNetwork(cloud);
    await cloud.create(t.cluster, "c", await clusterInputs(cloud, ids));
    const wrong = await cloud.create(t.role, "w", {
      assumeRolePolicy: trust("pods.eks.amazonaws.com", "sts:AssumeRole"),
    });
    const pods = { clusterName: "main", namespace: "acme", serviceAccount: "app" };
    await expect(
      cloud.create(t.podIdentityAssociation, "p", { ...pods, roleArn: String(wrong.plain.arn) }),
    ).rejects.toThrow("sts:TagSession");
    const role = await cloud.create(t.role, "r", {
      assumeRolePolicy: trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
    });
    await cloud.create(t.podIdentityAssociation, "p", { ...pods, roleArn: String(role.plain.arn) });
    const policy = await cloud.create(t.rolePolicy, "rp", {
      role: role.id,
      policy: permit("s3:PutObject", "arn:aws:s3:::acme-data/*"),
    });
    await expect(cloud.delete(role)).rejects.toThrow("still in use");
    await cloud.delete(policy);
    expect(allowed.map(({ buckets }) => buckets)).toEqual([[], ["acme-data"], []]);
    expect(allowed[1]).toMatchObject({ namespace: "acme", serviceAccount: "app", principal: role.plain.arn });
  });

  it("lets pods into all buckets that a policy means, read-only ones and AWS's own among them", async () => {
    const reached: (readonly string[])[] = [];
    const identity = {
      ensure: async ({ buckets }: IdentitySpec) => void reached.push(buckets.toSorted()),
      remove: async () => {},
    };
    const cloud = await aws({ ...patient, backend: { identity } });
    const { ids } = await makeNetwork(cloud);
    await cloud.create(t.cluster, "c", await clusterInputs(cloud, ids));
    for (const bucket of ["acme-data", "bhc-data"]) await cloud.create(t.bucket, bucket, { bucket });
    const role = await cloud.create(t.role, "r", {
      assumeRolePolicy: trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
    });
    const pods = { clusterName: "main", namespace: "acme", serviceAccount: "app" };
    await cloud.create(t.podIdentityAssociation, "p", { ...pods, roleArn: String(role.plain.arn) });
    const both = ["acme-data", "bhc-data"];
    for (const [policy, opened] of [
      [permit("s3:GetObject", "*"), both],
      [permit("s3:Get*", "arn:aws:s3:::*/*"), both],
      [permit("*", "arn:aws:s3:::acme*"), ["acme-data"]],
      [permit("s3:PutObject", "arn:aws:s3:::???-data/*"), ["bhc-data"]],
      [permit("s3:GetObject", "arn:aws:s3:::bhc-data"), []],
      [permit("s3:ListBucket", "*"), []],
      [
        permit("s3:GetObject", "arn:aws:s3:::acme-data/*").replace('"Resource"', '"NotResource"'),
        ["bhc-data"],
      ],
      [permit("iam:*", "*").replace('"Action"', '"NotAction"'), both],
    ] as const) {
      reached.length = 0;
      await cloud.delete(await cloud.create(t.rolePolicy, "rp", { role: role.id, policy }));
      expect(reached, policy).toEqual([opened, []]);
    }
    reached.length = 0;
    const own = await cloud.create(t.policy, "own", { name: "own", policy: permit("s3:*", "*") });
    for (const policyArn of [own.id, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])
      await cloud.delete(await cloud.create(t.rolePolicyAttachment, "a", { role: role.id, policyArn }));
    expect(reached).toEqual([both, [], both, []]);
    await cloud.create(t.rolePolicyAttachment, "a", { role: role.id, policyArn: own.id });
    await cloud.update(own, { name: "own", policy: permit("s3:*", "arn:aws:s3:::other*") });
    await cloud.create(t.bucket, "o", { bucket: "other-data" });
    await cloud.create(t.bucket, "n", { bucket: "nobodys" });
    expect(reached.slice(4)).toEqual([both, [], ["other-data"]]);
  });
});

describe("a database", () => {
  const base = {
    identifier: "db",
    engine: "postgres",
    engineVersion: "17",
    instanceClass: "db.t4g.micro",
    allocatedStorage: 20,
    username: "portolan",
    password: "long-enough",
    skipFinalSnapshot: true,
  };

  it("is a Postgres behind its managed name, with TLS as its parameters say", async () => {
    const served: PostgresSpec[] = [];
    const cloud = await aws({
      backend: { postgres: { ensure: async (spec) => void served.push(spec), remove: async () => {} } },
    });
    const { ids } = await makeNetwork(cloud);
    const group = await cloud.create(t.dbSubnetGroup, "g", { subnetIds: ids });
    const off = await cloud.create(t.dbParameterGroup, "p", {
      family: "postgres17",
      parameters: [{ name: "rds.force_ssl", value: "0" }],
    });
    const made = await cloud.create(t.dbInstance, "d", {
      ...base,
      dbSubnetGroupName: group.id,
      parameterGroupName: off.id,
    });
    await cloud.create(t.dbInstance, "e", { ...base, identifier: "other", dbName: "app" });
    expect(served).toMatchObject([
      {
        host: made.plain.address,
        port: 5432,
        version: "17",
        username: "portolan",
        password: "long-enough",
        requireTls: false,
      },
      { requireTls: true, database: "app" },
    ]);
    await expect(cloud.create(t.dbSubnetGroup, "n", { subnetIds: ids.slice(0, 1) })).rejects.toThrow(
      "DBSubnetGroupDoesNotCoverEnoughAZs",
    );
    await expect(cloud.delete(group)).rejects.toThrow("DependencyViolation");
  });

  it("refuses what RDS refuses", async () => {
    const cloud = await aws();
    const refused = async (more: Parameters<TestCloud["refusals"]>[1]) =>
      (await cloud.refusals(t.dbInstance, { ...base, ...more }))[0];
    expect(await refused({ storageType: "gp3", iops: 3000 })).toContain(
      "must not be set with gp3 storage under 400 GiB",
    );
    expect(await refused({ skipFinalSnapshot: false })).toContain('"finalSnapshotIdentifier" is needed');
    expect(await refused({ manageMasterUserPassword: true })).toContain('exactly one of "password"');
    expect(await refused({ identifier: "a--b" })).toContain("no --");
    expect(await refused({ backupRetentionPeriod: 36 })).toContain("0 to 35");
    expect(await refused({ caCertIdentifier: "rds-ca-2019" })).toContain("rds-ca-rsa2048-g1");
  });

  it("is protected, then leaves a snapshot whose name cannot be used again, and its backups", async () => {
    const cloud = await aws();
    const inputs = {
      ...base,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "final",
      backupRetentionPeriod: 7,
      deleteAutomatedBackups: false,
    };
    const made = await cloud.create(t.dbInstance, "d", { ...inputs, deletionProtection: true });
    await expect(cloud.delete(made)).rejects.toThrow("Cannot delete protected DB Instance");
    await cloud.update(made, { ...inputs, deletionProtection: false });
    await cloud.delete(made);
    expect(cloud.contents().living.map(({ type }) => type)).toEqual([own.dbBackup, own.dbSnapshot]);
    const again = await cloud.create(t.dbInstance, "d", inputs);
    await expect(cloud.delete(again)).rejects.toThrow("DBSnapshotAlreadyExists");
  });

  it("may keep its password itself, in a secret that can be read and whose rotation can be stopped", async () => {
    const cloud = await aws();
    const { password: _, ...rest } = base;
    const made = await cloud.create(t.dbInstance, "d", { ...rest, manageMasterUserPassword: true });
    const [secret] = [made.plain.masterUserSecrets].flat();
    const secretId = String(Object(secret).secretArn);
    const { secretString } = await cloud.invoke("aws:secretsmanager/getSecretVersion:getSecretVersion", {
      secretId,
    });
    expect(JSON.parse(String(secretString))).toMatchObject({
      username: "portolan",
      password: expect.any(String),
    });
    await cloud.create(t.secretRotation, "r", { secretId, rotationEnabled: false });
    await cloud.delete(made);
    expect(cloud.contents().living).toEqual([]);
  });

  it("does not shrink, unless it grows by itself", async () => {
    const cloud = await aws();
    const made = await cloud.create(t.dbInstance, "d", { ...base, allocatedStorage: 100 });
    await expect(cloud.update(made, base)).rejects.toThrow("cannot be made smaller");
    const growing = { ...base, identifier: "growing", maxAllocatedStorage: 1000 };
    const other = await cloud.create(t.dbInstance, "e", { ...growing, allocatedStorage: 100 });
    expect((await cloud.diff(other, growing)).changes).toEqual([]);
  });
});

describe("a cache", () => {
  const password = { type: "password", passwords: ["0123456789abcdef"] };
  const user = (id: string, more = {}) => ({
    userId: id,
    userName: id,
    engine: "valkey",
    accessString: "on ~t:* -@all +@read",
    authenticationMode: password,
    ...more,
  });
  const cache = {
    replicationGroupId: "cache",
    description: "d",
    engine: "valkey",
    engineVersion: "8.1",
    nodeType: "cache.t4g.small",
    transitEncryptionEnabled: true,
    transitEncryptionMode: "required",
    userGroupIds: ["group"],
  };

  it("lets in the users of its group, and those who join it", async () => {
    const served: RedisSpec[] = [];
    const cloud = await aws({
      backend: { redis: { ensure: async (spec) => void served.push(spec), remove: async () => {} } },
    });
    await cloud.create(t.cacheUser, "d", user("nobody", { userName: "default", accessString: "off -@all" }));
    await cloud.create(t.cacheUserGroup, "g", {
      userGroupId: "group",
      engine: "valkey",
      userIds: ["nobody"],
    });
    const parameters = await cloud.create(t.cacheParameterGroup, "p", {
      family: "valkey8",
      parameters: [{ name: "maxmemory-policy", value: "noeviction" }],
    });
    const made = await cloud.create(t.replicationGroup, "c", { ...cache, parameterGroupName: parameters.id });
    const acme = await cloud.create(t.cacheUser, "a", user("acme"));
    const member = await cloud.create(t.cacheUserGroupAssociation, "m", {
      userGroupId: "group",
      userId: "acme",
    });
    await cloud.update(acme, user("acme", { accessString: "on ~t:* -@all +@write" }));
    await expect(cloud.delete(acme)).rejects.toThrow("DependencyViolation");
    await cloud.delete(member);
    await cloud.delete(acme);
    expect(served.map(({ users }) => users.map(({ name, access }) => `${name} ${access}`))).toEqual([
      ["default off -@all"],
      ["default off -@all", "acme on ~t:* -@all +@read"],
      ["default off -@all", "acme on ~t:* -@all +@write"],
      ["default off -@all"],
    ]);
    expect(served[0]).toMatchObject({
      host: made.plain.primaryEndpointAddress,
      port: 6379,
      policy: "noeviction",
    });
  });

  it("refuses what ElastiCache refuses", async () => {
    const cloud = await aws();
    const refused = async (more: Parameters<TestCloud["refusals"]>[1]) =>
      (await cloud.refusals(t.replicationGroup, { ...cache, ...more }))[0];
    expect(await refused({ automaticFailoverEnabled: true })).toContain('needs "numCacheClusters" of 2');
    expect(await refused({ authToken: "0123456789abcdef" })).toContain("exclude each other");
    expect(await refused({ userGroupIds: ["a", "b"] })).toContain("0 to 1");
    expect(await refused({ replicationGroupId: "Upper" })).toContain("lower-case");
    expect((await cloud.refusals(t.cacheUser, user("u", { accessString: "on ~t:* +@read" })))[0]).toContain(
      "must say -@all",
    );
    expect(
      (
        await cloud.refusals(
          t.cacheUser,
          user("u", { authenticationMode: { type: "password", passwords: ["short"] } }),
        )
      )[0],
    ).toContain("the value given");
    await cloud.create(
      t.cacheUser,
      "o",
      user("open", { authenticationMode: { type: "no-password-required" } }),
    );
    await expect(
      cloud.create(t.cacheUserGroup, "g", { userGroupId: "group", engine: "valkey", userIds: ["open"] }),
    ).rejects.toThrow("needs a password");
  });
});

describe("a bucket", () => {
  it("is not deleted with something in it, unless it was to be emptied", async () => {
    const full = new Set(["data"]);
    const cloud = await aws({
      backend: {
        bucket: {
          ensure: async () => {},
          remove: async () => {},
          isEmpty: async (name) => !full.has(name),
          empty: async (name) => void full.delete(name),
        },
      },
    });
    const made = await cloud.create(t.bucket, "b", { bucket: "data" });
    await cloud.create(t.bucketVersioning, "v", {
      bucket: "data",
      versioningConfiguration: { status: "Enabled" },
    });
    await expect(cloud.delete(made)).rejects.toThrow("BucketNotEmpty");
    await cloud.update(made, { bucket: "data", forceDestroy: true });
    await cloud.delete(made);
    expect(cloud.contents().living).toEqual([]);
  });

  it("refuses a public policy where those are blocked", async () => {
    const cloud = await aws();
    await cloud.create(t.bucket, "b", { bucket: "data" });
    await cloud.create(t.bucketPublicAccessBlock, "p", { bucket: "data", blockPublicPolicy: true });
    const policy = (Effect: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::data/*" }],
      });
    await expect(
      cloud.create(t.bucketPolicy, "x", { bucket: "data", policy: policy("Allow") }),
    ).rejects.toThrow("AccessDenied: public policies are blocked");
    await cloud.create(t.bucketPolicy, "x", { bucket: "data", policy: policy("Deny") });
    expect((await cloud.refusals(t.bucketPolicy, { bucket: "data", policy: "{}" }))[0]).toContain(
      "must be a policy document",
    );
    expect((await cloud.refusals(t.bucket, { bucket: "Data_x" }))[0]).toContain("3 to 63");
  });
});

describe("the rest", () => {
  it("is in the account that the provider may change", async () => {
    const cloud = await TestCloud.open("aws", {
      ...inRegion,
      allowedAccountIds: JSON.stringify(["999900001111"]),
    });
    opened.push(cloud);
    expect((await cloud.create(t.vpc, "v", { cidrBlock: "10.0.0.0/16" })).plain.ownerId).toBe("999900001111");
  });

  it("keeps a deleted key pending, and finds secrets by the beginning of their names", async () => {
    const cloud = await aws();
    const key = await cloud.create(t.key, "k", { deletionWindowInDays: 7 });
    await cloud.delete(key);
    await expect(cloud.create(t.alias, "a", { name: "alias/x", targetKeyId: key.id })).rejects.toThrow(
      "NotFound",
    );
    expect(await cloud.invoke("aws:kms/getKey:getKey", { keyId: key.id })).toMatchObject({
      keyState: "PendingDeletion",
    });
    for (const name of ["portolan/a/1", "portolan/b/1", "other"])
      await cloud.create(t.secret, name, { name });
    const found = await cloud.invoke("aws:secretsmanager/getSecrets:getSecrets", {
      filters: [{ name: "name", values: ["portolan/"] }],
    });
    expect(found.names).toEqual(["portolan/a/1", "portolan/b/1"]);
  });

  it("puts one policy on a file system, which goes with it", async () => {
    const cloud = await aws();
    const files = await cloud.create(t.fileSystem, "f", {});
    const policy = (text: string) =>
      cloud.create(t.fileSystemPolicy, "p", { fileSystemId: files.id, policy: text });
    await expect(policy(permit("elasticfilesystem:ClientMount", "*"))).rejects.toThrow(
      "must say a Principal",
    );
    const statement = { Effect: "Allow", Principal: { AWS: "*" }, Action: "*", Resource: "*" };
    const text = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    expect((await policy(text)).id).toBe(files.id);
    await policy(text);
    await cloud.delete(files);
    expect(cloud.contents().living.filter(({ type }) => type === t.fileSystemPolicy)).toEqual([]);
  });

  it("has no CNAME at the top of a zone, nor two records of one name", async () => {
    const cloud = await aws();
    const zone = await cloud.create(t.zone, "z", { name: "example.com" });
    const record = (name: string, type: string, records: string[]) =>
      cloud.create(t.record, name, { zoneId: zone.id, name, type, ttl: 60, records });
    await expect(record("example.com", "CNAME", ["x.test"])).rejects.toThrow("not permitted at apex");
    await record("*.example.com", "A", ["203.0.113.1"]);
    await expect(record("*.example.com", "A", ["203.0.113.2"])).rejects.toThrow("already exists");
    await expect(cloud.delete(zone)).rejects.toThrow("DependencyViolation");
  });

  it("looks up a network that a user has", async () => {
    const cloud = await aws();
    const { vpc, ids } = await makeNetwork(cloud);
    expect(await cloud.invoke("aws:ec2/getVpc:getVpc", { id: vpc.id })).toMatchObject({
      enableDnsHostnames: false,
      cidrBlock: "10.0.0.0/16",
    });
    expect(await cloud.invoke("aws:ec2/getSubnet:getSubnet", { id: ids[0] ?? "" })).toMatchObject({
      vpcId: vpc.id,
      availableIpAddressCount: 251,
      availabilityZone: "us-east-1a",
    });
    const found = await cloud.invoke("aws:ec2/getSubnets:getSubnets", {
      filters: [{ name: "vpc-id", values: [vpc.id] }],
    });
    expect([found.ids].flat().toSorted()).toEqual(ids.toSorted());
    await expect(cloud.invoke("aws:ec2/getVpc:getVpc", { id: "vpc-0" })).rejects.toThrow(
      "no matching EC2 VPC found",
    );
    expect(
      await cloud.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {
        excludeZoneIds: ["use1-az3"],
      }),
    ).toMatchObject({
      names: ["us-east-1a", "us-east-1b", "us-east-1d", "us-east-1e", "us-east-1f"],
    });
  });
});
