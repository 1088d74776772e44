import { describe, expect, it } from "vitest";
import { at, environment, pick, podOf, render, template, type Values } from "./helm.ts";
import { full } from "./values.ts";

describe("the probe", () => {
  const probe = (values: Values = {}) => render("probe", { ...full.probe, ...values });

  it("has one scheduler at a time, and stops every role when it is suspended", async () => {
    const running = await probe();
    expect(pick(running, "Deployment", "bhc-scheduler").spec).toMatchObject({
      replicas: 1,
      strategy: { type: "Recreate" },
    });
    const suspended = await probe({ replicaCount: 0 });
    for (const name of ["bhc", "bhc-worker", "bhc-scheduler"]) {
      expect(pick(suspended, "Deployment", name).spec).toMatchObject({ replicas: 0 });
    }
  });

  it("migrates before pods change, and can be made to fail", async () => {
    const job = pick(await probe({ migrate: { fail: true } }), "Job");
    expect(job.metadata.annotations).toMatchObject({
      "helm.sh/hook": "pre-install,pre-upgrade",
      "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    });
    const pod = podOf(job);
    expect(pod && environment(pod)).toMatchObject({ ROLE: "migrate", PROBE_FAIL_MIGRATION: "true" });
    // A failure that will not pass ends the hook at once.
    expect(at(job, "spec.podFailurePolicy.rules.0")).toMatchObject({
      action: "FailJob",
      onExitCodes: { operator: "In", values: [1, 78] },
    });
    const without = await probe({ migrate: { enabled: false } });
    expect(without.filter(({ kind }) => kind === "Job")).toEqual([]);
  });

  it("is told nothing of a service that is not bound", async () => {
    const pod = podOf(pick(await render("probe", {}), "Deployment", "bhc"));
    expect(Object.keys((pod && environment(pod)) ?? {})).toEqual([
      "ROLE",
      "PORT",
      "PROBE_VERSION",
      "DRAIN_SECONDS",
    ]);
  });

  it("is told of an object store in its protocol's words, and of keys only where a Secret has them", async () => {
    const told = async (objectStore: Values): Promise<Record<string, unknown>> => {
      const pod = podOf(pick(await render("probe", { objectStore }), "Deployment", "bhc"));
      const variables = Object.entries((pod && environment(pod)) ?? {});
      return Object.fromEntries(variables.filter(([name]) => /^(S3|GCS|AZURE)_/.test(name)));
    };
    const s3 = { region: "r", bucket: "b" };
    const plain = ["S3_ENDPOINT", "S3_REGION", "S3_BUCKET", "S3_FORCE_PATH_STYLE", "S3_ROOTS"];
    expect(Object.keys(await told(s3))).toEqual(plain);
    expect(Object.keys(await told({ ...s3, existingSecret: "app" }))).toEqual([
      ...plain,
      "S3_ACCESS_KEY",
      "S3_SECRET_KEY",
    ]);
    expect(await told({ protocol: "gcs", bucket: "b" })).toMatchObject({ GCS_BUCKET: "b", GCS_ENDPOINT: "" });
    const endpoint = "https://a.blob.core.windows.net/";
    expect(await told({ protocol: "azure-blob", endpoint, container: "c" })).toMatchObject({
      AZURE_BLOB_ENDPOINT: endpoint,
      AZURE_BLOB_CONTAINER: "c",
    });
  });

  it.each([
    ["an account that is not named", { protocol: "azure-blob", container: "c" }, "objectStore.endpoint"],
    ["a bucket for Azure", { protocol: "azure-blob", bucket: "b" }, "/objectStore/bucket"],
    ["a container for S3", { container: "c" }, "/objectStore/container"],
    ["keys for Google", { protocol: "gcs", bucket: "b", existingSecret: "s" }, "/objectStore/existingSecret"],
    ["a protocol it does not speak", { protocol: "ftp" }, "/objectStore/protocol"],
  ])("refuses %s", async (_what, objectStore, where) => {
    const answer = await template("probe", { objectStore });
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain(where);
  });

  it("sends its Service to the web role alone", async () => {
    expect(pick(await probe(), "Service").spec).toMatchObject({
      selector: { "app.kubernetes.io/component": "web" },
      ports: [{ port: 8080 }],
    });
  });
});

describe("data services", () => {
  const services = (values: Values = {}) => render("data-services", { ...full["data-services"], ...values });

  it("lets claims go only in a disposable stack", async () => {
    const policy = async (values: Values): Promise<unknown[]> =>
      (await services(values))
        .filter(({ kind }) => kind === "StatefulSet")
        .map((set) => at(set, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted"));
    expect(await policy({})).toEqual(["Delete", "Delete", "Delete"]);
    expect(await policy({ disposable: false })).toEqual(["Retain", "Retain", "Retain"]);
  });

  it("admits nobody without TLS and a password", async () => {
    const objects = await services();
    const postgres = pick(objects, "ConfigMap", "bhc-postgres").data ?? {};
    const rules = (postgres["pg_hba.conf"] ?? "").split("\n").filter((line) => /^\w/.test(line));
    for (const rule of rules) expect(rule).toMatch(/^(hostssl .* scram-sha-256|local +all +postgres +peer)$/);
    const redis = pick(objects, "ConfigMap", "bhc-redis").data?.["redis.conf"] ?? "";
    expect(redis).toMatch(/^port 0$/m);
    expect(redis).toMatch(/^maxmemory-policy noeviction$/m);
  });

  it("opens the services to the stack's namespaces, or to those that are named", async () => {
    const peers = async (clients: Values): Promise<unknown> =>
      at(
        pick(await services({ clients }), "NetworkPolicy", "bhc-redis"),
        "spec.ingress.0.from.1.namespaceSelector",
      );
    expect(await peers({ stack: "local" })).toEqual({ matchLabels: { "portolan.dev/stack": "local" } });
    expect(await peers({ stack: "local", namespaces: ["probe-bhc"] })).toEqual({
      matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["probe-bhc"] }],
    });
  });

  it("makes a folder for each bucket", async () => {
    const own = Object(full["data-services"].objectStore);
    const set = pick(
      await services({ objectStore: { ...own, bucket: "bhc", buckets: ["mhr", "bhc"] } }),
      "StatefulSet",
      "bhc-s3",
    );
    const mounts = podOf(set)?.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(["/buckets/bhc", "/buckets/mhr", "/metadata", "/buckets", "/tmp", "/etc/s3-tls"]);
  });

  it("leaves out what is not enabled", async () => {
    const off = { enabled: false };
    const objects = await services({ redis: off, objectStore: off });
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(Array(objects.length).fill("bhc-postgres"));
  });
});

describe("a database account", () => {
  const account = (values: Values = {}) =>
    render("database-account", { ...full["database-account"], ...values });

  it("is made after install and upgrade, and dropped before delete only when asked", async () => {
    const objects = await account();
    expect(pick(objects, "Job", "bhc-ensure").metadata.annotations["helm.sh/hook"]).toBe(
      "post-install,post-upgrade,post-rollback",
    );
    expect(pick(objects, "Job", "bhc-drop").metadata.annotations["helm.sh/hook"]).toBe("pre-delete");
    const kept = await account({ dropOnDelete: false });
    expect(kept.map(({ metadata }) => metadata.name)).not.toContain("bhc-drop");
  });

  it("verifies the server, and gives the dropping hook no verifier", async () => {
    const objects = await account();
    const [ensure, drop] = ["bhc-ensure", "bhc-drop"].map((name) => podOf(pick(objects, "Job", name)));
    if (!ensure || !drop) throw new Error("no pods");
    expect(environment(ensure)).toMatchObject({
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "/etc/database-roots/ca.crt",
    });
    expect(Object.keys(environment(ensure))).toContain("ACCOUNT_VERIFIER");
    expect(Object.keys(environment(drop))).not.toContain("ACCOUNT_VERIFIER");
  });

  it("changes with the verifier's revision, so that a rotation upgrades the release", async () => {
    const own = Object(full["database-account"].account);
    const text = async (revision: string): Promise<string> =>
      JSON.stringify(await account({ account: { ...own, revision } }));
    expect(await text("r1")).not.toBe(await text("r2"));
  });

  it("refuses names that are no plain identifiers, and two kinds of roots", async () => {
    const own = Object(full["database-account"].account);
    const bad = await template("database-account", {
      ...full["database-account"],
      account: { ...own, role: 'x"; drop table y' },
    });
    expect(bad.stderr).toContain("/account/role");
    const server = { ...Object(full["database-account"].server), roots: { secret: "a", configMap: "b" } };
    const both = await template("database-account", { ...full["database-account"], server });
    expect(both.stderr).toContain("server.roots names a configMap and a secret");
  });
});
