/** What holds in every simulated cloud, shown with AWS's table. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { own, t } from "../../sandbox/clouds/aws/types.ts";
import { cloudContents, cloudStrikes, plant } from "../../sandbox/clouds/index.ts";
import { Computed, computed, Secret, toPlain } from "../../sandbox/engine/rpc/values.ts";
import { inRegion, makeNetwork, permit, trust } from "./clouds-aws-harness.ts";
import { readTypes, TestCloud } from "./clouds-harness.ts";

beforeAll(() => readTypes("aws"), 60_000);

const opened: TestCloud[] = [];
const open = async (...args: Parameters<typeof TestCloud.open>): Promise<TestCloud> => {
  const cloud = await TestCloud.open(...args);
  opened.push(cloud);
  return cloud;
};
const aws = (options?: Parameters<typeof TestCloud.open>[2]) => open("aws", inRegion, options);
afterEach(() => {
  for (const cloud of opened.splice(0)) cloud.remove();
});

describe("inputs", () => {
  it("are refused by name when the type has no such property, nested too", async () => {
    const cloud = await aws();
    const [reason] = await cloud.refusals(t.vpc, { cidrBlock: "10.0.0.0/16", enableDnsHostname: true });
    expect(reason).toMatch(
      /^aws:ec2\/vpc:Vpc has no property "enableDnsHostname"; did you mean "enableDnsHostnames"\?/,
    );
    expect(reason).toContain("It has assignGeneratedIpv6CidrBlock, cidrBlock");
    const nested = { bucket: "b", versioningConfiguration: { status: "Enabled", mfa: "x" } };
    expect((await cloud.refusals(t.bucketVersioning, nested))[0]).toContain('"versioningConfiguration.mfa"');
  });

  it("must be of the SDK's types, and there where they are required", async () => {
    const cloud = await aws();
    expect(await cloud.refusals(t.subnet, { cidrBlock: "10.0.0.0/24" })).toEqual([
      'aws:ec2/subnet:Subnet needs "vpcId"',
    ]);
    expect(await cloud.refusals(t.vpc, { cidrBlock: "10.0.0.0/16", enableDnsSupport: "yes" })).toEqual([
      '"enableDnsSupport" of aws:ec2/vpc:Vpc must be true or false',
    ]);
    expect(await cloud.refusals(t.vpc, {})).toEqual(['aws:ec2/vpc:Vpc needs "cidrBlock"']);
  });

  it("keep to the API's enumerations, patterns and bounds, without showing secrets", async () => {
    const cloud = await aws();
    expect(await cloud.refusals(t.key, { deletionWindowInDays: 3 })).toEqual([
      '"deletionWindowInDays" of aws:kms/key:Key must be 7 to 30, not 3',
    ]);
    const status = { bucket: "b", versioningConfiguration: { status: "On" } };
    expect((await cloud.refusals(t.bucketVersioning, status))[0]).toContain(
      'must be one of Enabled, Suspended, Disabled, not "On"',
    );
    const reasons = await cloud.refusals(t.dbInstance, {
      engine: "postgres",
      engineVersion: "17",
      instanceClass: "db.t4g.micro",
      allocatedStorage: 20,
      username: "u",
      password: new Secret("a/b@c dddd"),
      skipFinalSnapshot: true,
    });
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain("the value given");
    expect(reasons[0]).not.toContain("a/b@c");
  });

  it("may be unknown, and then nothing of them is judged", async () => {
    const cloud = await aws();
    expect(await cloud.refusals(t.subnet, { vpcId: computed, cidrBlock: computed })).toEqual([]);
  });
});

describe("unknown things", () => {
  it("are errors that name the known ones", async () => {
    const cloud = await aws();
    await expect(cloud.create("aws:ec2/instance:Instance", "x")).rejects.toThrow(
      /does not know aws:ec2\/instance:Instance; it knows aws:ec2\/vpc:Vpc/,
    );
    await expect(cloud.create(own.volume, "x")).rejects.toThrow("does not know");
    await expect(cloud.invoke("aws:ec2/getAmi:getAmi")).rejects.toThrow(
      /does not know the function.*getCallerIdentity/,
    );
    await expect(cloud.invoke("aws:ec2/getVpc:getVpc", { vpcId: "x" })).rejects.toThrow(
      'has no property "vpcId"',
    );
    await expect(TestCloud.open("aws", { ...inRegion, regoin: "x" })).rejects.toThrow('no setting "regoin"');
    await expect(TestCloud.open("aws", { region: "mars-1" })).rejects.toThrow('no region "mars-1"');
  });
});

describe("names", () => {
  it("are made once, and kept", async () => {
    const cloud = await aws();
    const role = await cloud.create(t.role, "app", {
      assumeRolePolicy: trust("ec2.amazonaws.com", "sts:AssumeRole"),
    });
    expect(role.id).toMatch(/^app-[0-9a-f]{7}$/);
    const { changes } = await cloud.diff(role, {
      assumeRolePolicy: trust("ec2.amazonaws.com", "sts:AssumeRole"),
      description: "d",
    });
    expect(changes).toEqual([{ path: "description", kind: "add", replace: false }]);
  });

  it("that a program gave make a replacement delete first; made ones do not", async () => {
    const cloud = await aws();
    const policy = trust("ec2.amazonaws.com", "sts:AssumeRole");
    const named = await cloud.create(t.role, "a", { name: "a", assumeRolePolicy: policy });
    expect(await cloud.diff(named, { name: "a", assumeRolePolicy: policy, path: "/x/" })).toMatchObject({
      deleteBeforeReplace: true,
    });
    const made = await cloud.create(t.role, "b", { assumeRolePolicy: policy });
    expect(await cloud.diff(made, { assumeRolePolicy: policy, path: "/x/" })).toEqual({
      changes: [{ path: "path", kind: "add", replace: true }],
    });
  });

  it("of buckets are everybody's; of others the region's", async () => {
    const cloud = await aws();
    await cloud.create(t.bucket, "a", { bucket: "taken" });
    await cloud.create(t.logGroup, "a", { name: "/x" });
    const west = await open("aws", { region: "us-west-2" }, { again: cloud });
    await expect(west.create(t.bucket, "b", { bucket: "taken" })).rejects.toThrow(
      "BucketAlreadyExists: the bucket name is not available",
    );
    await west.create(t.logGroup, "b", { name: "/x" });
    await expect(west.create(t.logGroup, "c", { name: "/x" })).rejects.toThrow(
      "ResourceAlreadyExistsException",
    );
  });

  it("are given to one of two who ask at once", async () => {
    const slow = {
      ensure: async () => {},
      remove: async () => {},
      isEmpty: async () => true,
      empty: async () => {},
    };
    const cloud = await aws({ backend: { bucket: slow } });
    const both = await Promise.allSettled(
      ["a", "b"].map((name) => cloud.create(t.bucket, name, { bucket: "one" })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("are free again when what stands behind could not be made", async () => {
    let broken = true;
    const ensure = async () => {
      if (broken) throw new Error("no server");
    };
    const cloud = await aws({
      backend: { bucket: { ensure, remove: ensure, isEmpty: async () => true, empty: ensure } },
    });
    await expect(cloud.create(t.bucket, "a", { bucket: "one" })).rejects.toThrow("no server");
    broken = false;
    await cloud.create(t.bucket, "a", { bucket: "one" });
  });

  it("stay taken after a deletion for as long as the API says", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const cloud = await aws({ now: () => now });
    const secret = await cloud.create(t.secret, "s", { name: "s", recoveryWindowInDays: 7 });
    await cloud.delete(secret);
    expect(cloud.contents().kept).toMatchObject([
      { type: t.secret, until: new Date("2026-01-08T00:00:00Z") },
    ]);
    await expect(cloud.create(t.secret, "s", { name: "s" })).rejects.toThrow(
      "already scheduled for deletion",
    );
    now += 7 * 24 * 3_600_000;
    await cloud.create(t.secret, "s", { name: "s", recoveryWindowInDays: 0 });
  });
});

describe("outputs", () => {
  it("are unknown in a preview, where the cloud says them", async () => {
    const cloud = await aws();
    const outputs = await cloud.preview(t.vpc, "v", { cidrBlock: "10.0.0.0/16" });
    expect(outputs.arn).toBeInstanceOf(Computed);
    expect(outputs.cidrBlock).toBe("10.0.0.0/16");
    expect(outputs.ipv6IpamPoolId).toBeUndefined();
    expect(cloud.contents().living).toEqual([]);
  });

  it("keep secrets secret", async () => {
    const cloud = await aws();
    const secret = await cloud.create(t.secret, "s");
    const version = await cloud.create(t.secretVersion, "v", { secretId: secret.id, secretString: "hush" });
    expect(version.inputs.secretString).toBeInstanceOf(Secret);
    expect(version.outputs.secretString).toBeInstanceOf(Secret);
    expect((await cloud.read(version))?.outputs.secretString).toBeInstanceOf(Secret);
    expect((await cloud.read({ ...version, inputs: {}, outputs: {} }))?.inputs.secretString).toBeInstanceOf(
      Secret,
    );
  });

  it("are secret where an input was given as a secret", async () => {
    const cloud = await aws();
    const group = await cloud.create(t.logGroup, "g", { tags: { owner: new Secret("who") } });
    const { tags } = group.outputs;
    expect(typeof tags === "object" && tags !== null && "owner" in tags && tags.owner).toBeInstanceOf(Secret);
  });

  it("have the region and the provider's tags", async () => {
    const cloud = await open("aws", {
      region: "eu-west-1",
      defaultTags: JSON.stringify({ tags: { a: "1", b: "2" } }),
    });
    const { plain } = await cloud.create(t.vpc, "v", { cidrBlock: "10.0.0.0/16", tags: { b: "3" } });
    expect(plain).toMatchObject({
      ownerId: "111122223333",
      region: "eu-west-1",
      tags: { b: "3" },
      tagsAll: { a: "1", b: "3" },
    });
  });
});

describe("state", () => {
  it("outlives the process, and is read by id for an import", async () => {
    const cloud = await aws();
    const { vpc } = await makeNetwork(cloud);
    const next = await open("aws", inRegion, { again: cloud });
    expect(toPlain((await next.read({ type: t.vpc, name: "other", id: vpc.id }))?.inputs ?? {})).toEqual({
      cidrBlock: "10.0.0.0/16",
    });
    expect(await next.read({ type: t.vpc, name: "other", id: "vpc-0" })).toBeUndefined();
  });

  it("holds what a user has already, which is nobody's resource", async () => {
    const cloud = await aws();
    const [id] = await plant(cloud.folder, "aws", inRegion, [
      { type: t.zone, inputs: { name: "example.com" }, id: "Z0EXAMPLE" },
    ]);
    expect(id).toBe("Z0EXAMPLE");
    expect(cloudContents(cloud.folder, "aws").living).toEqual([{ type: t.zone, id: "Z0EXAMPLE", urn: "" }]);
    await cloud.create(t.record, "r", {
      zoneId: "Z0EXAMPLE",
      name: "*.x.example.com",
      type: "CNAME",
      ttl: 60,
      records: ["a.example.com"],
    });
  });
});

describe("references", () => {
  it("must exist", async () => {
    const cloud = await aws();
    await expect(cloud.create(t.subnet, "s", { vpcId: "vpc-0", cidrBlock: "10.0.0.0/24" })).rejects.toThrow(
      'NotFound: "vpcId" of aws:ec2/subnet:Subnet names "vpc-0"',
    );
  });

  it("are to what is in the same region, or in none", async () => {
    const cloud = await aws();
    const { vpc } = await makeNetwork(cloud);
    const west = await open("aws", { region: "us-west-2" }, { again: cloud });
    const inputs = { vpcId: vpc.id, cidrBlock: "10.0.9.0/24" };
    await expect(west.create(t.subnet, "s", inputs)).rejects.toThrow("NotFound");
    await cloud.create(t.subnet, "s", inputs);
    const role = await cloud.create(t.role, "r", {
      assumeRolePolicy: trust("ec2.amazonaws.com", "sts:AssumeRole"),
    });
    await west.create(t.rolePolicy, "p", { role: role.id, policy: permit("s3:ListBucket", "*") });
  });

  it("hold what they name, until patience ends", async () => {
    const cloud = await aws({ patience: 100 });
    const { vpc, subnets } = await makeNetwork(cloud);
    await expect(cloud.delete(vpc)).rejects.toThrow(
      /DependencyViolation.*still in use.*tried again for 100 ms/,
    );
    for (const subnet of subnets) await cloud.delete(subnet);
    await cloud.delete(vpc);
    await cloud.delete(vpc);
    expect(cloud.contents().living).toEqual([]);
  });

  it("to a new identity are refused for a moment, which the provider waits out", async () => {
    const cloud = await aws({ faults: [{ type: t.role, operation: "create", fault: "settle", ms: 250 }] });
    const role = await cloud.create(t.role, "r", {
      assumeRolePolicy: trust("ec2.amazonaws.com", "sts:AssumeRole"),
    });
    const from = Date.now();
    await cloud.create(t.rolePolicy, "p", { role: role.id, policy: permit("s3:ListBucket", "*") });
    expect(Date.now() - from).toBeGreaterThan(200);
    expect(cloud.statuses[0]).toContain("is not known everywhere yet; trying again");
  });
});

describe("trouble on request", () => {
  const vpc = { cidrBlock: "10.0.0.0/16" };

  it("is retried when it passes, and said when it does not", async () => {
    const cloud = await aws({
      faults: [{ type: "aws:ec2/*", operation: "create", fault: "throttle", times: 3 }],
    });
    await cloud.create(t.vpc, "v", vpc);
    const worse = await aws({ faults: [{ fault: "throttle", times: 100 }] });
    await expect(worse.create(t.vpc, "v", vpc)).rejects.toThrow(
      "ThrottlingException: Rate exceeded (tried again 5 times)",
    );
    const broken = await aws({ faults: [{ fault: "error", times: 100 }] });
    await expect(broken.create(t.vpc, "v", vpc)).rejects.toThrow("InternalError");
  });

  it("loses an answer: what is unnamed is then made twice, which the contents tell", async () => {
    const cloud = await aws({ faults: [{ type: t.vpc, operation: "create", fault: "timeout" }] });
    await expect(cloud.create(t.vpc, "v", vpc)).rejects.toThrow("deadline exceeded");
    await cloud.create(t.vpc, "v", vpc);
    expect(cloud.contents().duplicates).toMatchObject([{ ids: [expect.any(String), expect.any(String)] }]);
  });

  it("says a quota at once, and waits where it is to be slow", async () => {
    const cloud = await aws({
      faults: [
        { name: "a", fault: "quota" },
        { name: "b", fault: "slow", ms: 120 },
      ],
    });
    await expect(cloud.create(t.vpc, "a", vpc)).rejects.toThrow(
      /ServiceQuotaExceededException.*\[simulated aws\]/,
    );
    const from = Date.now();
    await cloud.create(t.vpc, "b", vpc);
    expect(Date.now() - from).toBeGreaterThanOrEqual(110);
  });

  it("counts for each type apart, past the first ones, and across processes", async () => {
    const faults = [{ fault: "quota" as const, each: "type" as const, after: 1 }];
    const cloud = await aws({ faults });
    await cloud.create(t.vpc, "a", vpc);
    await cloud.create(t.logGroup, "a");
    const next = await open("aws", inRegion, { again: cloud, faults });
    await expect(next.create(t.vpc, "b", vpc)).rejects.toThrow("Quota");
    await expect(next.create(t.logGroup, "b")).rejects.toThrow("Quota");
    await next.create(t.vpc, "b", vpc);
  });

  it("strikes whoever it is for, also where the first tries were refused", async () => {
    const own = { type: t.rolePolicy, operation: "create" as const };
    const cloud = await aws({
      faults: [
        { type: t.role, operation: "create", fault: "settle", ms: 250 },
        { ...own, fault: "timeout" },
        { ...own, fault: "throttle" },
      ],
    });
    const trusted = { assumeRolePolicy: trust("ec2.amazonaws.com", "sts:AssumeRole") };
    const role = await cloud.create(t.role, "r", trusted);
    const inputs = { role: role.id, policy: permit("s3:ListBucket", "*") };
    await expect(cloud.create(t.rolePolicy, "p", inputs)).rejects.toThrow("deadline exceeded");
    expect(cloud.statuses).toHaveLength(1);
    await cloud.create(t.rolePolicy, "q", inputs);
    expect(cloudStrikes(cloud.folder, "aws").map(({ fault, name }) => `${fault} ${name}`)).toEqual([
      "settle r",
      "throttle p",
      "timeout p",
    ]);
  });

  it("strikes nobody whose request was never carried out", async () => {
    const cloud = await aws({ faults: [{ type: t.subnet, fault: "timeout" }] });
    const subnet = { vpcId: "vpc-0", cidrBlock: "10.0.0.0/24" };
    await expect(cloud.create(t.subnet, "s", subnet)).rejects.toThrow("NotFound");
    expect(cloudStrikes(cloud.folder, "aws")).toEqual([]);
  });

  it("is refused when its plan is wrong", async () => {
    // @ts-expect-error no such fault
    await expect(aws({ faults: [{ fault: "flood" }] })).rejects.toThrow(
      /plan.json is no fault plan[\s\S]*"throttle"/,
    );
  });
});
