/** What the simulated Google Cloud refuses and keeps, as the real one would. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { IdentitySpec, PostgresSpec, RedisSpec } from "../../sandbox/clouds/core/backend.ts";
import { own, t } from "../../sandbox/clouds/gcp/types.ts";
import { numberOf } from "../../sandbox/clouds/gcp/words.ts";
import type { Bag } from "../../sandbox/engine/rpc/values.ts";
import { type Made, readTypes, TestCloud } from "./clouds-harness.ts";

const project = "clinic-1";
const region = "us-central1";

beforeAll(() => readTypes("gcp"), 60_000);

const opened: TestCloud[] = [];
afterEach(() => {
  for (const cloud of opened.splice(0)) cloud.remove();
});

const apis = [
  "compute",
  "container",
  "iam",
  "cloudkms",
  "sqladmin",
  "dns",
  "redis",
  "servicenetworking",
  "secretmanager",
];

/** A project with its APIs on. No waiting for what is in use, unless `patience` says so. */
async function gcp(options: Parameters<typeof TestCloud.open>[2] = {}, on = apis): Promise<TestCloud> {
  const config = { project, region, defaultLabels: { stack: "drill" } };
  const cloud = await TestCloud.open("gcp", config, { patience: 0, ...options });
  opened.push(cloud);
  for (const api of on) await cloud.create(t.service, api, { service: `${api}.googleapis.com` });
  return cloud;
}

async function makeNetwork(cloud: TestCloud): Promise<{ vpc: Made; subnet: Made }> {
  const vpc = await cloud.create(t.network, "vpc", { name: "vpc", autoCreateSubnetworks: false });
  const subnet = await cloud.create(t.subnet, "nodes", {
    name: "nodes",
    network: vpc.id,
    region,
    ipCidrRange: "10.64.0.0/20",
    secondaryIpRanges: [
      { rangeName: "pods", ipCidrRange: "10.68.0.0/14" },
      { rangeName: "services", ipCidrRange: "10.64.16.0/20" },
    ],
  });
  return { vpc, subnet };
}

const clusterInputs = ({ vpc, subnet }: { vpc: Made; subnet: Made }, over: Bag = {}): Bag => ({
  name: "main",
  location: region,
  enableAutopilot: true,
  network: vpc.id,
  subnetwork: subnet.id,
  ipAllocationPolicy: { clusterSecondaryRangeName: "pods", servicesSecondaryRangeName: "services" },
  deletionProtection: false,
  ...over,
});

const databaseInputs = (settings: Bag = {}, over: Bag = {}): Bag => ({
  name: "db",
  databaseVersion: "POSTGRES_17",
  region,
  deletionProtection: false,
  settings: {
    edition: "ENTERPRISE",
    tier: "db-custom-1-3840",
    ipConfiguration: {
      ipv4Enabled: false,
      sslMode: "ENCRYPTED_ONLY",
      pscConfigs: [{ pscEnabled: true, allowedConsumerProjects: [project] }],
    },
    ...settings,
  },
  ...over,
});

const redisInputs = (vpc: Made, over: Bag = {}): Bag => ({
  name: "cache",
  region,
  memorySizeGb: 1,
  redisVersion: "REDIS_7_2",
  authorizedNetwork: vpc.id,
  authEnabled: true,
  transitEncryptionMode: "SERVER_AUTHENTICATION",
  redisConfigs: { "maxmemory-policy": "noeviction" },
  deletionProtection: false,
  ...over,
});

const podOf = (namespace: string, number = numberOf(project)) =>
  `principal://iam.googleapis.com/projects/${number}/locations/global/workloadIdentityPools/${project}.svc.id.goog/subject/ns/${namespace}/sa/app`;

describe("a project", () => {
  it("has an API only when it is switched on, and keeps it on", async () => {
    const cloud = await gcp({}, []);
    const vpc = () => cloud.create(t.network, "vpc", { name: "vpc", autoCreateSubnetworks: false });
    await expect(vpc()).rejects.toThrow(/SERVICE_DISABLED.*simulated gcp/);
    const api = await cloud.create(t.service, "compute", { service: "compute.googleapis.com" });
    await vpc();
    await cloud.delete(api);
    expect(cloud.contents().kept.map(({ type }) => type)).toEqual([t.service]);
    await cloud.create(t.network, "two", { name: "two", autoCreateSubnetworks: false });
    await expect(cloud.create(t.service, "x", { service: "computer.googleapis.com" })).rejects.toThrow(
      "one of",
    );
  });

  it("must be named, and so must a region that there is", async () => {
    const open = (config: Bag) => TestCloud.open("gcp", config);
    await expect(open({ region })).rejects.toThrow("project: required field is not set");
    await expect(open({ project, region: "us-east-1" })).rejects.toThrow('no region "us-east-1"');
    await expect(open({ project, region, defaultLabels: { Stack: "x" } })).rejects.toThrow("lower-case");
  });

  it("puts labels of the provider and its own on what has labels", async () => {
    const cloud = await gcp();
    const { vpc } = await makeNetwork(cloud);
    const { plain } = await cloud.create(t.redis, "r", redisInputs(vpc, { labels: { own: "1" } }));
    expect(plain.pulumiLabels).toEqual({ stack: "drill", own: "1" });
    expect(plain.effectiveLabels).toEqual({ stack: "drill", own: "1", "goog-pulumi-provisioned": "true" });
    expect(plain.project).toBe(project);
  });
});

describe("a network", () => {
  it("takes ranges that do not overlap, and goes after everything in it", async () => {
    const cloud = await gcp();
    const { vpc, subnet } = await makeNetwork(cloud);
    const more = (ipCidrRange: string) =>
      cloud.create(t.subnet, "x", { name: "x", network: vpc.id, ipCidrRange });
    await expect(more("10.68.4.0/24")).rejects.toThrow("conflicts with a range of");
    await expect(more("10.9.0.1/24")).rejects.toThrow("its address ending where its mask says");
    await expect(cloud.delete(vpc)).rejects.toThrow("still in use");
    await cloud.delete(subnet);
    await cloud.delete(vpc);
    expect(
      cloud
        .contents()
        .living.map(({ type }) => type)
        .filter((type) => type !== t.service),
    ).toEqual([]);
  });

  it("has no other gateway in a region where one has all subnets", async () => {
    const cloud = await gcp();
    const { vpc, subnet } = await makeNetwork(cloud);
    const router = await cloud.create(t.router, "r", { name: "r", network: vpc.id });
    const nat = (name: string, over: Bag) =>
      cloud.create(t.nat, name, { name, router: "r", natIpAllocateOption: "AUTO_ONLY", ...over });
    const listed = {
      sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
      subnetworks: [{ name: subnet.id, sourceIpRangesToNats: ["ALL_IP_RANGES"] }],
    };
    await nat("one", listed);
    const all = { sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES" };
    await expect(nat("two", all)).rejects.toThrow("there can be no other");
    await expect(cloud.delete(subnet)).rejects.toThrow("still in use");
    await cloud.delete(router);
    await cloud.delete(subnet);
  });

  it("loses an answer: what is named is there already, and is found by its id", async () => {
    const cloud = await gcp({ faults: [{ type: t.redis, operation: "create", fault: "timeout" }] });
    const { vpc } = await makeNetwork(cloud);
    await expect(cloud.create(t.redis, "r", redisInputs(vpc))).rejects.toThrow("Client.Timeout exceeded");
    await expect(cloud.create(t.redis, "r", redisInputs(vpc))).rejects.toThrow("alreadyExists");
    expect(cloud.contents().duplicates).toEqual([]);
  });

  it("gives a Redis addresses that nothing else in the network has", async () => {
    const cloud = await gcp();
    const { vpc, subnet } = await makeNetwork(cloud);
    const redis = (reservedIpRange: string) => redisInputs(vpc, { reservedIpRange });
    expect(await cloud.refusals(t.redis, redis("10.65.0.0/30"))).toEqual([
      '"reservedIpRange" must be a range of eight addresses or more, like 10.0.0.0/29, not "10.65.0.0/30"',
    ]);
    const taken = `${String(subnet.plain.ipCidrRange).split("/")[0]}/29`;
    await expect(cloud.create(t.redis, "r", redis(taken))).rejects.toThrow("conflicts with a range of");
    await cloud.create(t.redis, "r", redis("10.65.0.0/29"));
    const other = { ...redis("10.65.0.0/28"), name: "other" };
    await expect(cloud.create(t.redis, "s", other)).rejects.toThrow("conflicts with a range of");
  });

  it("has one connection of private services, which servers hold long after they are gone", async () => {
    let now = Date.now();
    const cloud = await gcp({ now: () => now });
    const { vpc } = await makeNetwork(cloud);
    const range = await cloud.create(t.globalAddress, "g", {
      name: "g",
      purpose: "VPC_PEERING",
      addressType: "INTERNAL",
      address: "10.65.0.0",
      prefixLength: 16,
      network: vpc.id,
    });
    const psa = { connectMode: "PRIVATE_SERVICE_ACCESS" };
    await expect(cloud.create(t.redis, "r", redisInputs(vpc, psa))).rejects.toThrow(
      "private services access",
    );
    const inputs = {
      network: vpc.id,
      service: "servicenetworking.googleapis.com",
      reservedPeeringRanges: ["g"],
    };
    const connection = await cloud.create(t.connection, "c", inputs);
    await expect(cloud.create(t.connection, "d", inputs)).rejects.toThrow("A network has one connection");
    const server = await cloud.create(t.redis, "r", redisInputs(vpc, psa));
    await expect(cloud.delete(connection)).rejects.toThrow("Producer services");
    await cloud.delete(server);
    await expect(cloud.delete(connection)).rejects.toThrow("not tidied up behind");
    await expect(cloud.delete(range)).rejects.toThrow("still in use");
    now += 2 * 3_600_000;
    await cloud.delete(connection);
    await cloud.delete(range);
  });
});

describe("a cluster", () => {
  it("is protected unless it says otherwise, and its DNS name is another one each time", async () => {
    const cloud = await gcp();
    const network = await makeNetwork(cloud);
    const { deletionProtection: _, ...usual } = clusterInputs(network);
    const made = await cloud.create(t.cluster, "c", usual);
    await expect(cloud.delete(made)).rejects.toThrow("deletion_protection");
    const open = await cloud.update(made, clusterInputs(network));
    await expect(cloud.delete(network.subnet)).rejects.toThrow("still in use");
    await cloud.delete(open);
    const again = await cloud.create(t.cluster, "c", clusterInputs(network));
    const name = ({ plain }: Made) => JSON.stringify(plain.controlPlaneEndpointsConfig);
    expect(name(made)).toMatch(/gke-[0-9a-f]{32}-\d+\.us-central1\.gke\.goog/);
    expect(name(again)).not.toBe(name(made));
    expect(again.plain.endpoint).toBe("127.0.0.1:9");
  });

  it("keeps its DNS name in the preview of another setting beside it, and what was taken out is not said", async () => {
    const cloud = await gcp();
    const network = await makeNetwork(cloud);
    const access = (open: Bag): Bag =>
      clusterInputs(network, { controlPlaneEndpointsConfig: { dnsEndpointConfig: open } });
    const made = await cloud.create(t.cluster, "c", access({ allowExternalTraffic: true }));
    const planned = await cloud.planned(made, access({ enableK8sTokensViaDns: false }));
    expect(planned.controlPlaneEndpointsConfig).toEqual({
      dnsEndpointConfig: {
        enableK8sTokensViaDns: false,
        endpoint: expect.stringMatching(/^gke-.*\.gke\.goog$/),
      },
    });
  });

  it("in Autopilot mode refuses what is not for it", async () => {
    const cloud = await gcp();
    const network = await makeNetwork(cloud);
    const refused = (over: Bag) => cloud.refusals(t.cluster, clusterInputs(network, over));
    expect(await refused({ enableShieldedNodes: true })).toEqual([
      '"enableShieldedNodes" conflicts with "enableAutopilot"',
    ]);
    expect((await refused({ location: "us-central1-a" }))[0]).toContain("must be a region in Autopilot mode");
    expect((await refused({ clusterAutoscaling: { enabled: true } }))[0]).toContain("conflicts");
    await expect(
      cloud.create(
        t.cluster,
        "c",
        clusterInputs(network, { ipAllocationPolicy: { clusterSecondaryRangeName: "pots" } }),
      ),
    ).rejects.toThrow('secondary range "pots" does not exist');
  });

  it("encrypts by a key only where its own agent may use it; neither key nor ring is ever gone", async () => {
    const cloud = await gcp();
    const network = await makeNetwork(cloud);
    const ring = await cloud.create(t.keyRing, "ring", { name: "ring", location: region });
    const key = await cloud.create(t.cryptoKey, "key", { name: "key", keyRing: ring.id });
    const encrypted = clusterInputs(network, { databaseEncryption: { state: "ENCRYPTED", keyName: key.id } });
    await expect(cloud.create(t.cluster, "c", encrypted)).rejects.toThrow("cannot be used: grant");
    const agent = `serviceAccount:service-${numberOf(project)}@container-engine-robot.iam.gserviceaccount.com`;
    const role = "roles/cloudkms.cryptoKeyEncrypterDecrypter";
    await cloud.create(t.keyMember, "use", { cryptoKeyId: key.id, role, member: agent });
    const cluster = await cloud.create(t.cluster, "c", encrypted);
    await expect(cloud.delete(key)).rejects.toThrow('"databaseEncryption.keyName"');
    await cloud.update(cluster, clusterInputs(network, { databaseEncryption: { state: "DECRYPTED" } }));
    await cloud.delete(key);
    await cloud.delete(ring);
    expect(cloud.contents().kept.map(({ type }) => type)).toEqual([t.cryptoKey, t.keyRing]);
    await expect(cloud.create(t.keyRing, "ring", { name: "ring", location: region })).rejects.toThrow(
      "deletes no key rings",
    );
  });

  it("leaves its disks, and balancers that nobody removed hold the network", async () => {
    const made = { loadBalancers: ["traefik/traefik"], addresses: {}, volumes: ["pvc-1"] };
    const cloud = await gcp({ backend: { made: async () => made } });
    const network = await makeNetwork(cloud);
    await cloud.delete(await cloud.create(t.cluster, "c", clusterInputs(network)));
    const left = cloud.contents().living.map(({ type }) => type);
    expect(left).toEqual(expect.arrayContaining([own.disk, t.forwardingRule]));
    await cloud.delete(network.subnet);
    await expect(cloud.delete(network.vpc)).rejects.toThrow("still in use");
  });
});

describe("an address", () => {
  it("that a load balancer of the cluster holds is not deleted, and others are", async () => {
    let addresses: Readonly<Record<string, string>> = { edge: "traefik/traefik" };
    const made = async () => ({ loadBalancers: ["a/b", "traefik/traefik"], addresses, volumes: [] });
    const cloud = await gcp({ backend: { made } });
    const network = await makeNetwork(cloud);
    const inside = { addressType: "INTERNAL", subnetwork: network.subnet.id };
    const [edge, other, early, endpoint] = await Promise.all([
      cloud.create(t.address, "edge", { name: "edge" }),
      cloud.create(t.address, "other", { name: "other" }),
      cloud.create(t.address, "early", { name: "early" }),
      cloud.create(t.address, "endpoint", { name: "endpoint", ...inside }),
    ]);
    await cloud.delete(early);
    await cloud.create(t.cluster, "c", clusterInputs(network));
    await cloud.delete(endpoint);
    await cloud.delete(other);
    await expect(cloud.delete(edge)).rejects.toThrow(
      /is already being used by .*traefik\/traefik, resourceInUseByAnotherResource \(tried again/,
    );
    addresses = {};
    await cloud.delete(edge);
  });
});

describe("a database", () => {
  it("takes what its edition has, and nothing that cannot be", async () => {
    const cloud = await gcp();
    const refused = async (settings: Bag) =>
      (await cloud.refusals(t.database, databaseInputs(settings))).join();
    expect(await refused({})).toBe("");
    expect(await refused({ tier: "db-custom-1-3900" })).toContain("settings.tier");
    expect(await refused({ edition: "ENTERPRISE_PLUS" })).toContain("db-perf-optimized-N-2");
    expect(await refused({ availabilityType: "REGIONAL" })).toContain("pointInTimeRecoveryEnabled");
    expect(await refused({ diskSize: 20, diskAutoresize: true })).toContain("cut back");
    expect(await refused({ ipConfiguration: {} })).toContain("ipv4Enabled");
  });

  it("is guarded twice, and its name stays taken for a week", async () => {
    const cloud = await gcp();
    const guarded = await cloud.create(t.database, "d", databaseInputs({ deletionProtectionEnabled: true }));
    await expect(cloud.delete(guarded)).rejects.toThrow("settings.deletionProtectionEnabled");
    const provider = await cloud.update(guarded, databaseInputs({}, { deletionProtection: true }));
    await expect(cloud.delete(provider)).rejects.toThrow("deletion_protection");
    const prevent = await cloud.update(provider, databaseInputs({}, { deletionPolicy: "PREVENT" }));
    await expect(cloud.delete(prevent)).rejects.toThrow("PREVENT");
    await cloud.delete(await cloud.update(prevent, databaseInputs()));
    await expect(cloud.create(t.database, "d", databaseInputs())).rejects.toThrow("for a week");
  });

  it("answers by Private Service Connect under a name of its own, for the projects that it lets in", async () => {
    const cloud = await gcp();
    const { vpc, subnet } = await makeNetwork(cloud);
    const { plain } = await cloud.create(t.database, "d", databaseInputs());
    expect(plain.dnsNames).toEqual([
      {
        connectionType: "PRIVATE_SERVICE_CONNECT",
        dnsScope: "INSTANCE",
        name: expect.stringMatching(/^[0-9a-f]{12}\.[0-9a-f]{12}\.us-central1\.sql\.goog\.$/),
      },
    ]);
    const address = await cloud.create(t.address, "a", {
      name: "a",
      addressType: "INTERNAL",
      subnetwork: subnet.id,
    });
    expect(String(address.plain.address)).toMatch(/^10\.64\./);
    const rule = (over: Bag = {}) =>
      cloud.create(t.forwardingRule, "f", {
        name: "f",
        network: vpc.id,
        ipAddress: String(address.plain.selfLink),
        target: String(plain.pscServiceAttachmentLink),
        loadBalancingScheme: "",
        ...over,
      });
    await expect(rule({ loadBalancingScheme: "EXTERNAL" })).rejects.toThrow("service attachment");
    await expect(rule({ target: "projects/x/regions/y/serviceAttachments/z" })).rejects.toThrow("NotFound");
    expect((await rule()).plain.pscConnectionStatus).toBe("ACCEPTED");
    await expect(cloud.delete(address)).rejects.toThrow("still in use");
  });

  it("lets its users in by their passwords, and an abandoned one goes with it", async () => {
    const asked: PostgresSpec[] = [];
    const postgres = { ensure: async (spec: PostgresSpec) => void asked.push(spec), remove: async () => {} };
    const cloud = await gcp({ backend: { postgres } });
    const made = await cloud.create(t.database, "d", databaseInputs());
    const user = await cloud.create(t.databaseUser, "u", {
      instance: "db",
      name: "portolan",
      password: "s3cret",
      deletionPolicy: "ABANDON",
    });
    expect(asked.map(({ username, requireTls }) => [username, requireTls])).toEqual([
      ["postgres", true],
      ["portolan", true],
    ]);
    expect(asked[1]).toMatchObject({
      password: "s3cret",
      host: expect.stringMatching(/sql\.goog$/),
      version: "17",
    });
    await cloud.delete(user);
    await cloud.delete(made);
    expect(asked.length).toBe(2);
    expect(cloud.contents().kept.map(({ type }) => type)).toEqual([t.database]);
  });
});

describe("a Redis", () => {
  it("has a password and an address, and its port is that of encrypted connections", async () => {
    const asked: RedisSpec[] = [];
    const redis = {
      ensure: async (spec: RedisSpec) => {
        asked.push(spec);
        return "10.96.7.7";
      },
      remove: async () => {},
    };
    const cloud = await gcp({ backend: { redis } });
    const { vpc } = await makeNetwork(cloud);
    const { plain, outputs } = await cloud.create(t.redis, "r", redisInputs(vpc));
    expect(plain).toMatchObject({ host: "10.96.7.7", port: 6378 });
    expect(asked[0]).toMatchObject({ host: "", policy: "noeviction", password: plain.authString, users: [] });
    expect(outputs.authString).not.toBe(plain.authString);
    const other = redisInputs(vpc, { name: "bb", redisConfigs: { "maxmemory-policy": "never" } });
    expect((await cloud.refusals(t.redis, other))[0]).toContain("noeviction");
    const { host } = await cloud.invoke("gcp:redis/getInstance:getInstance", { name: "cache", region });
    expect(host).toBe("10.96.7.7");
  });
});

describe("a bucket", () => {
  it("has a name of its own in all the world, and goes when it is empty or forced", async () => {
    const full = new Set(["mine"]);
    const bucket = {
      ensure: async () => {},
      remove: async () => {},
      isEmpty: async (name: string) => !full.has(name),
      empty: async (name: string) => void full.delete(name),
    };
    const cloud = await gcp({ backend: { bucket } });
    const make = (over: Bag = {}) => cloud.create(t.bucket, "b", { name: "mine", location: region, ...over });
    const made = await make();
    await expect(make()).rejects.toThrow("shared by all users");
    await expect(make({ name: "goog-x" })).rejects.toThrow("goog");
    await expect(make({ name: "x1x", softDeletePolicy: { retentionDurationSeconds: 60 } })).rejects.toThrow(
      "0 or 604800",
    );
    await expect(cloud.delete(made)).rejects.toThrow("is not empty");
    await cloud.delete(await cloud.update(made, { name: "mine", location: region, forceDestroy: true }));
  });

  it("opens to pods of the project's own pool, which is born with its first cluster", async () => {
    const asked: IdentitySpec[] = [];
    const identity = { ensure: async (spec: IdentitySpec) => void asked.push(spec), remove: async () => {} };
    const cloud = await gcp({ backend: { identity } });
    await cloud.create(t.bucket, "b", { name: "mine", location: region, uniformBucketLevelAccess: true });
    const allow = (member: string, role = "roles/storage.objectUser") =>
      cloud.create(t.bucketMember, "m", { bucket: "mine", role, member });
    await expect(allow(podOf("acme"))).rejects.toThrow("Identity Pool does not exist");
    await cloud.create(t.cluster, "c", clusterInputs(await makeNetwork(cloud)));
    await expect(allow(podOf("acme", "123"))).rejects.toThrow("Identity Pool does not exist");
    await expect(allow("acme")).rejects.toThrow("principal://");
    await allow(podOf("acme"));
    await allow(podOf("bhc"), "roles/storage.objectViewer");
    await allow(podOf("cora"), "roles/storage.legacyBucketReader");
    expect(
      asked.map(({ namespace, serviceAccount, buckets }) => [namespace, serviceAccount, buckets]),
    ).toEqual([
      ["acme", "app", ["mine"]],
      ["bhc", "app", ["mine"]],
      ["cora", "app", []],
    ]);
  });

  it("is opened by nothing that would not be seen here", async () => {
    const cloud = await gcp();
    await cloud.create(t.bucket, "b", { name: "mine", location: region, uniformBucketLevelAccess: true });
    await cloud.create(t.cluster, "c", clusterInputs(await makeNetwork(cloud)));
    const allow = (role: string, member = podOf("acme")) =>
      cloud.create(t.bucketMember, "m", { bucket: "mine", role, member });
    const pool = podOf("acme").split("/subject/")[0]?.replace("principal:", "principalSet:");
    await expect(allow("roles/storage.objectUser", `${pool}/namespace/acme`)).rejects.toThrow(
      "principalSet://",
    );
    await expect(allow(`projects/${project}/roles/reader`)).rejects.toThrow("is not supported");
    await expect(allow("roles/storage.objectViewer", "allUsers")).rejects.toThrow("to everyone");
    const inProject = (role: string, member = podOf("acme")) =>
      cloud.create(t.projectMember, "m", { project, role, member });
    for (const role of ["roles/storage.objectViewer", "roles/editor", `projects/${project}/roles/reader`])
      await expect(inProject(role)).rejects.toThrow("by the buckets' own policies");
    await inProject("roles/secretmanager.secretAccessor");
    await inProject("roles/storage.objectViewer", "user:ann@example.com");
  });
});

describe("a secret", () => {
  const access = "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess";
  it("is found by its labels, read by its newest version, and missing with an error 404", async () => {
    const cloud = await gcp();
    const secret = await cloud.create(t.secret, "s", {
      secretId: "key-1",
      replication: { auto: {} },
      labels: { portolan_scope: "abc" },
    });
    const list = (filter: string) => cloud.invoke("gcp:secretmanager/getSecrets:getSecrets", { filter });
    expect((await list("labels.portolan_scope=abc")).secrets).toMatchObject([{ secretId: "key-1" }]);
    expect((await list("labels.portolan_scope=xyz")).secrets).toEqual([]);
    await expect(list("createTime>2020")).rejects.toThrow("does not read the filter");
    await expect(cloud.invoke(access, { secret: "key-1" })).rejects.toThrow("Error 404");
    for (const secretData of ["one", "two"])
      await cloud.create(t.secretVersion, secretData, { secret: secret.id, secretData });
    expect(await cloud.invoke(access, { secret: "key-1" })).toMatchObject({
      secretData: "two",
      version: "2",
    });
    expect(await cloud.invoke(access, { secret: "key-1", version: "1" })).toMatchObject({
      secretData: "one",
    });
  });
});

describe("a record", () => {
  it("is in its zone by its full name, and the zone goes after it", async () => {
    const cloud = await gcp();
    const zone = await cloud.create(t.zone, "z", { name: "z", dnsName: "example.com." });
    const record = (name: string) =>
      cloud.create(t.record, "r", { managedZone: "z", name, type: "A", ttl: 300, rrdatas: ["10.0.0.1"] });
    await expect(record("a.example.com")).rejects.toThrow('with "." at its end');
    await expect(record("a.example.org.")).rejects.toThrow("is not in zone");
    const made = await record("a.example.com.");
    await expect(cloud.delete(zone)).rejects.toThrow("still in use");
    await cloud.delete(made);
    await cloud.delete(zone);
  });
});
