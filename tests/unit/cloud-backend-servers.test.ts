/** The pure parts of the servers behind a simulated cloud. That they serve is shown in tests/sandbox. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { stillFits } from "../../sandbox/clouds/backend/authority.ts";
import { bucketDomain } from "../../sandbox/clouds/backend/buckets.ts";
import { bucketPolicy } from "../../sandbox/clouds/backend/gateway.ts";
import { isOwn } from "../../sandbox/clouds/backend/made.ts";
import { serverName } from "../../sandbox/clouds/backend/naming.ts";
import { administratorSql, hostRules } from "../../sandbox/clouds/backend/postgres.ts";
import { redisConf, userRules, usersOf } from "../../sandbox/clouds/backend/redis.ts";
import { regionOf } from "../../sandbox/clouds/backend/stores.ts";
import { corefile } from "../../sandbox/cluster/configs.ts";
import { giveNames, namesFile } from "../../sandbox/cluster/names.ts";
import { issue } from "../../sandbox/controllers/certificates/issue.ts";
import { newKey } from "../../sandbox/controllers/certificates/keys.ts";

describe("names of servers", () => {
  it.each([
    ["db-1", "pg-db-1"],
    ["Prod.DB", expect.stringMatching(/^pg-prod-db-[0-9a-f]{8}$/)],
    ["x".repeat(60), expect.stringMatching(/^pg-x{30,}-[0-9a-f]{8}$/)],
  ])("of id %s", (id, name) => {
    expect(serverName("pg", id)).toEqual(name);
  });

  it("are labels with room for a pod's and a claim's addition, one for each id", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        const name = serverName("redis", a);
        expect(name).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
        expect(`data-${name}-0`.length).toBeLessThanOrEqual(63);
        if (a !== b) expect(serverName("redis", b)).not.toBe(name);
      }),
    );
  });
});

describe("Postgres", () => {
  it("lets nobody in without TLS, unless the instance allows it", () => {
    expect(hostRules(true)).not.toMatch(/^host /m);
    expect(hostRules(true)).toMatch(/^hostssl all all 0\.0\.0\.0\/0 scram-sha-256$/m);
    expect(hostRules(false)).toMatch(/^host all all 0\.0\.0\.0\/0 scram-sha-256$/m);
  });

  it("makes an administrator who is no superuser, whatever the password holds", () => {
    const sql = administratorSql({ username: 'po"rt', password: "it's" }, "rds_superuser");
    const made = sql.find((each) => each.startsWith("alter role"));
    expect(made).toContain('"po""rt"');
    expect(made).toContain("nosuperuser");
    expect(made).toContain("'it''s'");
  });
});

describe("Redis", () => {
  const user = { name: "t1", passwords: ["a", "b"], access: "on ~t1:* -@all  +@read" };

  it("makes a user from nothing: passwords, the access as given, then what the service keeps back", () => {
    const rules = userRules(user, "aws");
    expect(rules.slice(0, 8)).toEqual(["t1", "reset", ">a", ">b", "on", "~t1:*", "-@all", "+@read"]);
    expect(rules.slice(8)).toContain("-config");
    expect(rules.slice(8).every((rule) => rule.startsWith("-"))).toBe(true);
  });

  it.each([
    [[], undefined, [{ name: "default", passwords: [], access: "on ~* &* +@all nopass" }]],
    [[], "pw", [{ name: "default", passwords: ["pw"], access: "on ~* &* +@all" }]],
    [[user], undefined, [user, { name: "default", passwords: [], access: "off -@all" }]],
  ])("has users %j with password %s", (users, password, wanted) => {
    expect(usersOf({ users, ...(password === undefined ? {} : { password }) })).toEqual(wanted);
  });

  it("keeps a default user that was given", () => {
    const off = { name: "default", passwords: ["x"], access: "on ~* +@all" };
    expect(usersOf({ users: [off, user] })).toEqual([off, user]);
  });

  it("listens for TLS only and evicts by the policy", () => {
    expect(redisConf({ policy: "noeviction", port: 6378 })).toMatch(/^port 0\ntls-port 6378$/m);
    expect(redisConf({ policy: "allkeys-lru", port: 6379 })).toMatch(/^maxmemory-policy allkeys-lru$/m);
  });
});

describe("buckets", () => {
  it.each([
    ["s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"],
    ["data.s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"],
    ["data.s3.amazonaws.com", "s3.amazonaws.com"],
  ])("under %s are served by %s", (host, domain) => {
    expect(bucketDomain({ name: "data", host })).toBe(domain);
  });

  it.each([
    ["s3.eu-central-1.amazonaws.com", "eu-central-1"],
    ["s3.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["s3.amazonaws.com", "us-east-1"],
    ["storage.googleapis.com", "us-east-1"],
  ])("of %s are in %s", (domain, region) => {
    expect(regionOf(domain)).toBe(region);
  });

  it("have a policy for exactly these accounts, and none where there are none", () => {
    expect(bucketPolicy("data", [])).toBeUndefined();
    const keys = (accessKey: string) => ({ accessKey, secretKey: "s" });
    const text = bucketPolicy("data", [keys("B"), keys("A")]) ?? "";
    const { Statement: statements } = JSON.parse(text);
    for (const { Effect, Principal, Resource } of statements) {
      expect(Effect).toBe("Allow");
      expect(Principal).toEqual({ AWS: ["A", "B"] });
      expect(Resource[0]).toMatch(/^arn:aws:s3:::data(\/\*)?$/);
    }
    expect(text).not.toContain("s3:*");
    expect(text).not.toContain("BucketPolicy");
  });
});

describe("certificates", () => {
  it("are kept while they are for all names, for a month to come, and from the same authority", async () => {
    const spec = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" } as const;
    const request = (days: number, isCA: boolean, dnsNames: string[]) => ({
      commonName: undefined,
      subject: { organizations: ["test"] },
      dnsNames,
      ipAddresses: [],
      uris: [],
      emailAddresses: [],
      usages: [],
      isCA,
      notBefore: new Date(),
      notAfter: new Date(Date.now() + days * 24 * 3600 * 1000),
    });
    const root = async () => {
      const key = await newKey(spec);
      const { certificate } = await issue(request(400, true, []), key);
      return { chain: [certificate], key, pem: certificate };
    };
    const [own, other] = [await root(), await root()];
    const made = async (days: number) =>
      (await issue(request(days, false, ["s3.test", "*.s3.test"]), await newKey(spec), own)).certificate;
    const year = await made(365);
    expect(stillFits(year, ["s3.test", "*.s3.test"], own.pem)).toBe(true);
    expect(stillFits(year, ["s3.test", "db.test"], own.pem)).toBe(false);
    expect(stillFits(year, ["s3.test"], other.pem)).toBe(false);
    expect(stillFits(await made(20), ["s3.test"], own.pem)).toBe(false);
  });
});

describe("what the cluster made", () => {
  it.each([
    ["kube-system", {}, true],
    ["edge", {}, true],
    ["cloud-aws", { "portolan.dev/cloud": "aws" }, true],
    ["cloud-aws", {}, false],
    ["portolan-probe-acme", {}, false],
  ])("namespace %s with labels %j is the sandbox's own: %s", (name, labels, own) => {
    expect(isOwn(name, labels)).toBe(own);
  });
});

describe("managed names", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const runFolder = () => {
    const run = mkdtempSync(join(tmpdir(), "names-"));
    folders.push(run);
    mkdirSync(join(run, "kubeconfigs"));
    return { run, kubeconfig: join(run, "kubeconfigs", "admin") };
  };

  it("are written where the cluster's DNS reads them, and asked before the cluster's own", () => {
    const { run, kubeconfig } = runFolder();
    writeFileSync(namesFile(run), "10.96.0.9 old.test\n");
    giveNames(kubeconfig, [
      { host: "b.test", address: "10.96.0.2" },
      { host: "a.test", address: "10.96.0.1" },
    ]);
    expect(readFileSync(namesFile(run), "utf8")).toBe("10.96.0.1 a.test\n10.96.0.2 b.test\n");
    const config = corefile("/k", namesFile(run));
    expect(config).toContain(`hosts ${namesFile(run)} {`);
    expect(config).toContain("fallthrough");
  });

  it("are refused for a cluster whose DNS does not read them", () => {
    const { kubeconfig } = runFolder();
    expect(() => giveNames(kubeconfig, [])).toThrow(/is not the kubeconfig of a running sandbox cluster/);
  });
});
