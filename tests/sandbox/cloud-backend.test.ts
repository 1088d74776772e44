/** What stands behind a simulated cloud, used by pods as they would use the cloud. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IdentitySpec, PostgresSpec, RedisSpec } from "../../sandbox/clouds/core/backend.ts";
import { type CloudWorld, openCloudWorld } from "./cloud-backend-world.ts";

const postgres: PostgresSpec = {
  id: "db-1",
  host: "db-1.abc.us-east-1.rds.amazonaws.com",
  port: 5432,
  version: "17",
  username: "portolan",
  password: "first 'Pass1",
  database: "app",
  requireTls: true,
};
const rule = (prefix: string) => `on ~${prefix}:* -@all +@read +@write +@connection -@dangerous`;
const redis: RedisSpec = {
  id: "cache-1",
  host: "master.cache-1.abc.use1.cache.amazonaws.com",
  port: 6380,
  users: [
    { name: "a", passwords: ["password-of-tenant-a"], access: rule("a") },
    { name: "b", passwords: ["password-of-tenant-b"], access: rule("b") },
  ],
  policy: "noeviction",
};
const s3 = "s3.eu-west-1.amazonaws.com";
const identity = (namespace: string): IdentitySpec => ({
  id: `association-${namespace}`,
  namespace,
  serviceAccount: "app",
  principal: `arn:aws:iam::123456789012:role/${namespace}`,
  buckets: [`bucket-${namespace}`],
});

let world: CloudWorld;

beforeAll(async () => {
  world = await openCloudWorld();
  await world.ask({ kind: "cluster" });
  await Promise.all([
    world.ask({ kind: "postgres", spec: postgres }),
    world.ask({ kind: "redis", spec: redis }),
    ...["cb-a", "cb-b"].flatMap((namespace) => [
      world.ask({ kind: "identity", spec: identity(namespace) }),
      world.ask({ kind: "bucket", spec: { name: `bucket-${namespace}`, host: `bucket-${namespace}.${s3}` } }),
    ]),
  ]);
  const images = { node: "sandbox/probe:0.1.0", pg: "sandbox/postgres:15", redis: "sandbox/redis:7" };
  await world.tenants(["cb-a"], images);
  await world.tenants(["cb-b", "cb-none"], { node: images.node });
});

afterAll(async () => {
  await world?.ask({ kind: "removeAll" });
  await world?.kubectl("delete", "storageclass", "cb-disk", "cb-files", "--ignore-not-found");
  await world?.kubectl("delete", "namespace", "cb-a", "cb-b", "cb-none", "--ignore-not-found");
  await world?.close();
});

const sql = (query: string, options: { password?: string; tls?: string; database?: string } = {}) =>
  world.exec(
    "cb-a",
    "pg",
    "env",
    `PGPASSWORD=${options.password ?? postgres.password}`,
    "psql",
    `host=${postgres.host} user=portolan dbname=${options.database ?? "app"} ${options.tls ?? "sslmode=verify-full sslrootcert=/roots/ca.crt"}`,
    "-Atc",
    query,
  );

const cache = (user: string, password: string, ...command: string[]) =>
  world.exec(
    "cb-a",
    "redis",
    ...["env", `REDISCLI_AUTH=${password}`, "redis-cli", "--tls", "--cacert", "/roots/ca.crt"],
    ...["--sni", redis.host, "-h", redis.host, "-p", "6380", "--user", user, ...command],
  );

const keys = (namespace: string, roots = "/roots/ca.crt") =>
  world.exec(namespace, "node", "node", "/tmp/s3.mjs", s3, roots, "bucket-cb-a", "bucket-cb-b");

describe("Postgres", () => {
  it("is verified by its managed name from a pod, as an administrator who is no superuser", async () => {
    const asked =
      "select usesuper, ssl from pg_user, pg_stat_ssl where usename = user and pid = pg_backend_pid()";
    expect(await sql(asked)).toEqual({ ok: true, text: "f|t" });
  });

  it.each([
    [
      "another authority",
      { tls: "sslmode=verify-full sslrootcert=/other/ca.crt" },
      "certificate verify failed",
    ],
    ["no TLS", { tls: "sslmode=disable" }, "no encryption"],
    ["a wrong password", { password: "nope" }, "password authentication failed"],
  ])("refuses %s", async (_what, options, why) => {
    const { ok, text } = await sql("select 1", options);
    expect(ok).toBe(false);
    expect(text).toContain(why);
  });

  it("takes a new password at once, and has its data after its pod went", async () => {
    await sql("create table kept as select 1 as a");
    await world.ask({ kind: "postgres", spec: { ...postgres, password: "second" } });
    expect((await sql("select 1")).ok).toBe(false);
    await world.kubectl("delete", "pod", "pg-db-1-0", "-n", "cloud-aws");
    await world.ask({ kind: "postgres", spec: { ...postgres, password: "second" } });
    expect(await sql("select a from kept", { password: "second" })).toEqual({ ok: true, text: "1" });
  });
});

describe("Redis", () => {
  it("keeps each user to its keys and away from what the service keeps to itself", async () => {
    expect((await cache("a", "password-of-tenant-a", "set", "a:key", "1")).text).toContain("OK");
    expect((await cache("b", "password-of-tenant-b", "get", "a:key")).text).toContain("NOPERM");
    expect((await cache("a", "password-of-tenant-a", "config", "get", "*")).text).toContain("NOPERM");
    expect((await cache("a", "password-of-tenant-a", "flushall")).text).toContain("NOPERM");
    expect((await cache("default", "x", "ping")).text).toContain("NOAUTH");
  });

  it("changes users and policy without a new pod, and keeps both in the next one", async () => {
    const pod = () =>
      world.kubectl("get", "pod", "redis-cache-1-0", "-n", "cloud-aws", "-o", "jsonpath={.metadata.uid}");
    const before = await pod();
    const [a] = redis.users;
    const users = [{ name: "a", passwords: ["changed-password-a"], access: a?.access ?? "" }];
    await world.ask({ kind: "redis", spec: { ...redis, users, policy: "allkeys-lru" } });
    expect(await pod()).toBe(before);
    await world.kubectl("delete", "pod", "redis-cache-1-0", "-n", "cloud-aws");
    await world.ask({ kind: "redis", spec: { ...redis, users, policy: "allkeys-lru" } });
    expect((await cache("a", "changed-password-a", "get", "a:key")).text).toMatch(/^1$/m);
    expect((await cache("a", "password-of-tenant-a", "ping")).text).toContain("NOAUTH");
    expect((await cache("b", "password-of-tenant-b", "ping")).text).toContain("NOAUTH");
  });
});

describe("buckets and keys", () => {
  it.each([
    ["cb-a", "bucket-cb-a", "bucket-cb-b"],
    ["cb-b", "bucket-cb-b", "bucket-cb-a"],
  ])("pods of %s use %s and not %s, by path and by host", async (namespace, own, other) => {
    const { text } = await keys(namespace);
    for (const style of ["path", "host"]) {
      expect(text).toContain(`${own} ${style} ok`);
      expect(text).toContain(`${other} ${style} Access Denied.`);
    }
  });

  it("a pod without an association gets none, nor does one by its token for the API server", async () => {
    expect(await keys("cb-none")).toMatchObject({ ok: false, text: "keys refused: 401" });
  });

  it("another authority's certificate does not verify the bucket's", async () => {
    expect((await keys("cb-a", "/other/ca.crt")).text).not.toContain("ok");
  });

  it("a removed association ends the access, and the bucket goes once it is empty", async () => {
    await world.ask({ kind: "removeIdentity", id: "association-cb-a" });
    expect((await keys("cb-a")).text).toBe("keys refused: 404");
    expect(await world.ask({ kind: "isEmpty", id: "bucket-cb-a" })).toBe(false);
    await expect(world.ask({ kind: "removeBucket", id: "bucket-cb-a" })).rejects.toThrow(/not empty/);
    await world.ask({ kind: "emptyBucket", id: "bucket-cb-a" });
    expect(await world.ask({ kind: "isEmpty", id: "bucket-cb-a" })).toBe(true);
    await world.ask({ kind: "removeBucket", id: "bucket-cb-a" });
    expect((await keys("cb-b")).text).toContain("bucket-cb-b path ok");
  });
});

describe("disks", () => {
  const storageClass = (name: string, provisioner: string, more: object) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner,
    ...more,
  });
  const driverPod = "app.kubernetes.io/name=cloud-aws-disks-many";
  const claim = (name: string, mode: string, storageClassName = name) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "cb-b" },
    spec: { storageClassName, accessModes: [mode], resources: { requests: { storage: "1Mi" } } },
  });

  it("of the cloud's own drivers are made for claims, and written to by pods", async () => {
    const term = { key: "eks.amazonaws.com/compute-type", values: ["auto"] };
    // EFS's is an add-on; the other is the cluster's from the beginning.
    await world.ask({ kind: "sharedDriver" });
    await world.apply(
      storageClass("cb-disk", "ebs.csi.eks.amazonaws.com", {
        volumeBindingMode: "WaitForFirstConsumer",
        parameters: { type: "gp3", encrypted: "true" },
        allowedTopologies: [{ matchLabelExpressions: [term] }],
      }),
      storageClass("cb-files", "efs.csi.aws.com", { parameters: { provisioningMode: "efs-ap" } }),
      claim("cb-disk", "ReadWriteOnce"),
      claim("cb-files", "ReadWriteMany"),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "writer", namespace: "cb-b" },
        spec: {
          restartPolicy: "Never",
          securityContext: { runAsUser: 10001 },
          containers: [
            {
              name: "writer",
              image: "sandbox/base:12",
              imagePullPolicy: "Never",
              command: ["sh", "-c", "echo 1 >/disk/a && echo 1 >/files/a"],
              volumeMounts: ["disk", "files"].map((name) => ({ name, mountPath: `/${name}` })),
            },
          ],
          volumes: ["disk", "files"].map((name) => ({
            name,
            persistentVolumeClaim: { claimName: `cb-${name}` },
          })),
        },
      },
    );
    const done = ["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/writer", "-n", "cb-b"];
    await world.kubectl(...done, "--timeout=60s");
  });

  it("are deleted by the driver alone: without it they are left", async () => {
    await world.apply(claim("cb-late", "ReadWriteMany", "cb-files"));
    const volume = ["get", "pvc", "cb-late", "-n", "cb-b", "-o", "jsonpath={.spec.volumeName}"];
    await expect.poll(() => world.kubectl(...volume), { timeout: 60_000 }).toMatch(/^pvc-/);
    const name = await world.kubectl(...volume);
    await world.ask({ kind: "removeSharedDriver" });
    await world.kubectl("wait", "--for=delete", "pod", "-l", driverPod, "-n", "cloud-aws", "--timeout=60s");
    await world.kubectl("delete", "pvc", "cb-late", "-n", "cb-b");
    await world.kubectl("wait", "--for=jsonpath={.status.phase}=Released", `pv/${name}`, "--timeout=60s");
    await world.ask({ kind: "sharedDriver" });
    await world.kubectl("wait", "--for=delete", `pv/${name}`, "--timeout=60s");
  });
});

describe("the end", () => {
  it("a server that is removed leaves neither data nor name", async () => {
    await world.ask({ kind: "removeRedis", id: "cache-1" });
    await world.ask({ kind: "removeRedis", id: "cache-1" });
    expect((await world.exec("cb-b", "node", "getent", "hosts", redis.host)).ok).toBe(false);
    expect(
      await world.kubectl("get", "all,pvc,secret,configmap", "-n", "cloud-aws", "-o", "name"),
    ).not.toContain("redis");
  });

  it("a cluster that is removed leaves its disks, and no workload or load balancer", async () => {
    await world.kubectl("create", "service", "loadbalancer", "lb", "--tcp=80", "-n", "cb-b");
    // The shared file system's volume is none of them.
    const volumes = [expect.stringMatching(/^pvc-/)];
    await world.kubectl(
      "annotate",
      "service/lb",
      "networking.gke.io/load-balancer-ip-addresses=kept",
      "-n",
      "cb-b",
    );
    expect(await world.ask({ kind: "made" })).toEqual({
      loadBalancers: ["cb-b/lb"],
      addresses: { kept: "cb-b/lb" },
      volumes,
    });
    await world.ask({ kind: "removeCluster", id: "test" });
    expect(await world.ask({ kind: "made" })).toEqual({ loadBalancers: [], addresses: {}, volumes });
  });

  it("nothing of the cloud is left when all of it is removed", async () => {
    await world.ask({ kind: "removeAll" });
    const kinds = "namespaces,persistentvolumes,clusterrolebindings,mutatingwebhookconfigurations";
    expect(await world.kubectl("get", kinds, "-o", "name")).not.toMatch(/cloud-aws|persistentvolume\//);
    await world.ask({ kind: "removeAll" });
  });
});
