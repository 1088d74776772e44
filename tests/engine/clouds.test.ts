/** The simulated clouds under the real engine: what the program's providers make, without a cluster. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openCloud } from "../../sandbox/clouds/index.ts";
import { useCloud } from "./support/cloud.ts";
import { unattended } from "./support/stack.ts";

const providers = fileURLToPath(new URL("../../providers/aws", import.meta.url));

/** A platform's parts in the cloud, and one tenant's bucket and role. */
const platform = (lifecycle: string, more = "", adminRoles: readonly string[] = []) => `
import { awsProvider } from "${providers}/scope.ts";
import { network } from "${providers}/network.ts";
import { encryptionKey } from "${providers}/keys.ts";
import { cluster } from "${providers}/cluster.ts";
import { postgres } from "${providers}/postgres.ts";
import { redis } from "${providers}/redis.ts";
import { podRole, bucketStatements } from "${providers}/identity.ts";
import { tenantBucket } from "${providers}/objectStore.ts";
const stack = new pulumi.ComponentResource("test:Stack", "stack");
const provider = awsProvider("p", { region: "us-east-1", account: undefined }, "dev", stack);
const parent = new pulumi.ComponentResource("test:Cloud", "cloud", {}, { parent: stack, provider });
const suffix = new random.RandomId("suffix", { byteLength: 3 }, { parent }).hex;
const scope = { name: "p", stack: "dev", region: "us-east-1", lifecycle: "${lifecycle}", suffix, parent };
const net = network(scope, { kind: "new", cidr: "10.0.0.0/16" });
const key = encryptionKey(scope);
const eks = cluster(scope, { kind: "new", version: "1.35", endpoint: { access: "private", cidrs: [] }, adminRoles: ${JSON.stringify(adminRoles)} }, net, key);
const within = { size: "small", network: net, key, clients: eks.securityGroupId, namespace: "platform", roots: undefined };
const database = postgres(scope, { ...within, settings: { kind: "new", version: "17" } });
const cache = redis(scope, { ...within, version: "8.1" });
const own = { region: "us-east-1", clusterName: eks.name, clusterArn: eks.arn, keyArn: key.arn, suffix };
const request = { slug: "acme", lifecycle: "${lifecycle}", parent };
const { bucket } = tenantBucket(scope, own, request, provider);
podRole(own, { name: "acme", parts: ["dev", "acme"], namespace: "acme", serviceAccount: "app", statements: bucketStatements(bucket.arn, own) }, { parent, provider });
export const out = { host: database.server.host, cache: cache.host, endpoint: eks.endpoint, bucket: bucket.bucket };
${more}`;

describe("a simulated AWS under the engine", () => {
  const { folder, begin, contents, upAgain } = useCloud("aws");
  const types = () => [...new Set(contents().living.map(({ type }) => type))];

  it("makes a disposable platform, finds nothing to do afterwards, and is empty after one destroy", async () => {
    const stack = await begin();
    await stack.program(platform("disposable"));
    expect(Object.values(await stack.preview()).filter((ops) => !/^(create,?)+$/.test(ops))).toEqual([]);
    await stack.up();
    expect((await stack.outputs()).out).toMatchObject({
      host: expect.stringMatching(/^[a-z0-9-]+\.c[0-9a-f]{11}\.us-east-1\.rds\.amazonaws\.com$/),
      cache: expect.stringMatching(/^master\.[a-z0-9-]+\.[0-9a-f]{6}\.use1\.cache\.amazonaws\.com$/),
    });
    expect(await stack.preview()).toEqual({});
    await stack.refresh();
    expect(await stack.preview()).toEqual({});
    expect(await stack.state()).not.toMatch(/"passwords": \[\s*"/);
    await stack.destroy();
    expect(contents().living).toEqual([]);
    expect(contents().kept.map(({ type }) => type)).toEqual(["aws:kms/key:Key"]);
  });

  it("keeps a production platform's data", async () => {
    const stack = await begin();
    await stack.program(platform("production"));
    await stack.up();
    const run = await stack.pulumi(["destroy", ...unattended]);
    expect(run.code).not.toBe(0);
    expect(types()).toEqual(
      expect.arrayContaining(["aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "aws:kms/key:Key"]),
    );
  });

  it("lets whoever made the cluster stay its administrator, when roles are named later and it is the first", async () => {
    const stack = await begin();
    await stack.program(platform("disposable"));
    await stack.up();
    const entries = () => contents().living.filter(({ type }) => type === "aws:eks/accessEntry:AccessEntry");
    const [before, ...others] = entries();
    expect(others).toEqual([]);
    const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
    await stack.program(platform("disposable", "", [role("portolan"), role("oncall")]));
    await stack.up();
    expect(entries().map(({ id }) => id.replace(/^[^:]+:/, ""))).toEqual([role("oncall"), role("portolan")]);
    expect(entries().map(({ id }) => id)).toContain(before?.id);
    expect(await stack.preview()).toEqual({});
    await stack.program(platform("disposable", "", [role("oncall")]));
    await stack.up();
    expect(entries().map(({ id }) => id.replace(/^[^:]+:/, ""))).toEqual([role("oncall")]);
    await stack.destroy();
    expect(contents().living).toEqual([]);
  });

  it("lets roles be named in any order", async () => {
    const stack = await begin();
    await stack.program(platform("disposable"));
    await stack.up();
    const roles = ["oncall", "portolan"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
    await stack.program(platform("disposable", "", roles));
    await stack.up();
    const entries = contents().living.filter(({ type }) => type === "aws:eks/accessEntry:AccessEntry");
    expect(entries.map(({ id }) => id.replace(/^[^:]+:/, ""))).toEqual(roles);
    expect(await stack.preview()).toEqual({});
  });

  it("mends what drifted", async () => {
    const stack = await begin();
    await stack.program(platform("disposable"));
    await stack.up();
    const { store } = await openCloud("aws", { PORTOLAN_CLOUD_STATE: folder() });
    const block = store.living(["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"])[0];
    store.change(block?.type ?? "", block?.id ?? "", { blockPublicPolicy: false });
    await stack.refresh();
    expect(await stack.preview()).toEqual({ "acme-bucket": "update" });
    await stack.up();
    expect(await stack.preview()).toEqual({});
  });

  it("retries throttled calls unseen, and loses the answer to a creation in a crash", async () => {
    const stack = await begin([
      { type: "aws:ec2/*", operation: "create", fault: "throttle", times: 3 },
      { type: "aws:iam/role:Role", operation: "create", name: "p-node", fault: "crash" },
    ]);
    await stack.program(platform("disposable"));
    // One at a time: with it the answers to all that are under way are lost, and the next run stops at whichever is first.
    await stack.failingUp("--parallel=1");
    const made = contents().living.filter(({ urn }) => urn.endsWith("::p-node"));
    expect(made).toHaveLength(1);
    // The counts are kept: it crashes no second time.
    const again = await upAgain([{ type: "aws:iam/role:Role", name: "p-node", fault: "crash" }]);
    expect(again.text).toContain("EntityAlreadyExists: Role already exists");
  });
});
