import { describe, expect, it } from "vitest";
import { at, environment, type Manifest, pick, podOf, render, template, type Values } from "./helm.ts";
import { full } from "./values.ts";

const orthanc = (values: Values = {}): Promise<Manifest[]> =>
  render("orthanc", { ...full.orthanc, ...values });

async function config(values: Values = {}): Promise<unknown> {
  return JSON.parse(pick(await orthanc(values), "ConfigMap").data?.["orthanc.json"] ?? "");
}

describe("Orthanc's configuration", () => {
  it("verifies the database's certificate, and holds no password", async () => {
    expect(await config()).toMatchObject({
      PostgreSQL: {
        EnableIndex: true,
        EnableStorage: false,
        Lock: false,
        ConnectionUri:
          "postgresql://orthanc_bhc@services-postgres.portolan-local.svc:5432/orthanc_bhc" +
          "?sslmode=verify-full&sslrootcert=/etc/portolan/database-roots/ca.crt&connect_timeout=5",
      },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Orthanc replaces it
      RegisteredUsers: { portolan: "${ORTHANC_PASSWORD}" },
      AuthenticationEnabled: true,
      SaveJobs: false,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Orthanc replaces it
      DatabaseServerIdentifier: "${POD_NAME}",
    });
  });

  it("uses the image's public roots where none are given", async () => {
    const database = { ...Object(full.orthanc.database), roots: { configMap: "" } };
    expect(String(at(await config({ database }), "PostgreSQL.ConnectionUri"))).toContain(
      "sslrootcert=/etc/ssl/certs/ca-certificates.crt",
    );
  });

  it("takes further keys, but none that would open what the chart closes", async () => {
    expect(await config({ orthanc: { config: { StableAge: 30 } } })).toMatchObject({
      StableAge: 30,
      DicomPort: 4242,
    });
    const answer = await template("orthanc", {
      ...full.orthanc,
      orthanc: { config: { AuthenticationEnabled: false } },
    });
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain("AuthenticationEnabled");
  });

  it("adds the object store's plugin, and its secrets by reference", async () => {
    const objects = await orthanc({
      storage: { kind: "objectStore" },
      objectStore: { bucket: "images", region: "eu-west-1", existingSecret: "s3" },
    });
    expect(JSON.parse(pick(objects, "ConfigMap").data?.["orthanc.json"] ?? "")).toMatchObject({
      Plugins: [expect.stringContaining("PostgreSQLIndex"), expect.stringContaining("AwsS3Storage")],
      AwsS3Storage: {
        BucketName: "images",
        VirtualAddressing: false,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Orthanc replaces it
        SecretKey: "${OBJECT_STORE_SECRET_KEY}",
      },
    });
    expect(objects.filter(({ kind }) => kind === "PersistentVolumeClaim")).toEqual([]);
    const answer = await template("orthanc", { ...full.orthanc, storage: { kind: "objectStore" } });
    expect(answer.stderr).toContain("objectStore.bucket, objectStore.existingSecret, objectStore.region");
  });
});

describe("Orthanc's pods", () => {
  it("never go below their number during an update, and leave the number to an autoscaler that is on", async () => {
    const scaled = pick(await orthanc(), "Deployment");
    expect(scaled.spec).toMatchObject({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    expect(scaled.spec).not.toHaveProperty("replicas");
    const fixed = await orthanc({ autoscaling: { enabled: false }, replicaCount: 2 });
    expect(pick(fixed, "Deployment").spec).toMatchObject({ replicas: 2 });
    expect(fixed.filter(({ kind }) => kind === "HorizontalPodAutoscaler")).toEqual([]);
  });

  it("get new pods for a new configuration, and none for a new chart version", async () => {
    const sum = async (values: Values): Promise<unknown> =>
      at(pick(await orthanc(values), "Deployment"), "spec.template.metadata.annotations.checksum/config");
    expect(await sum({ orthanc: { name: "a" } })).not.toBe(await sum({ orthanc: { name: "b" } }));
    const labels = at(pick(await orthanc(), "Deployment"), "spec.template.metadata.labels");
    expect(Object.keys(Object(labels))).not.toContain("helm.sh/chart");
    expect(labels).toMatchObject({ "example.com/team": "imaging" });
  });

  it("end Orthanc's wait for open associations before the grace period is over", async () => {
    const pod = podOf(pick(await orthanc(), "Deployment"));
    if (!pod) throw new Error("no pod");
    const { DRAIN_SECONDS, STOP_SECONDS } = environment(pod);
    expect(Number(DRAIN_SECONDS) + Number(STOP_SECONDS) + 2).toBeLessThan(30);
    const answer = await template("orthanc", { ...full.orthanc, terminationGracePeriodSeconds: 10 });
    expect(answer.stderr).toContain(
      "terminationGracePeriodSeconds is 10: it must be at least orthanc.drainSeconds",
    );
  });

  it("keep their images when the release goes, unless told otherwise", async () => {
    const claim = pick(await orthanc(), "PersistentVolumeClaim");
    expect(claim.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    expect(claim.spec).toMatchObject({ accessModes: ["ReadWriteMany"] });
    const gone = pick(await orthanc({ storage: { keepOnDelete: false } }), "PersistentVolumeClaim");
    expect(gone.metadata.annotations).toEqual({});
    const own = await orthanc({ storage: { existingClaim: "mine" } });
    expect(own.filter(({ kind }) => kind === "PersistentVolumeClaim")).toEqual([]);
  });
});
