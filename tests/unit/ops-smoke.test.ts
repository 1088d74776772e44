import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkArguments } from "../../ops/smoke/probeInside.ts";
import { foreignSettings, placesOf, rootsSettings } from "../../ops/smoke/probeServices.ts";

const local = {
  REDIS_HOST: "services-bhc-redis.portolan-local.svc",
  REDIS_PORT: "6379",
  REDIS_USER: "",
  REDIS_PREFIX: "probe:",
  REDIS_ROOTS: "/roots/redis/ca.crt",
  S3_BUCKET: "bhc",
  S3_ENDPOINT: "https://services-bhc-s3.portolan-local.svc:7070",
  S3_REGION: "us-east-1",
  S3_ROOTS: "",
  S3_ACCESS_KEY: "",
};

describe("where the probe's services are", () => {
  it("is read from a pod's settings", () => {
    expect(placesOf(local)).toMatchObject([
      { part: "redis", address: ["services-bhc-redis.portolan-local.svc", 6379], byConvention: true },
      { part: "objectStore", address: ["services-bhc-s3.portolan-local.svc", 7070], keyless: false },
    ]);
    expect(placesOf({})).toEqual([]);
  });

  it("is the public endpoint of a keyless store that names none", () => {
    const place = (settings: Record<string, string>) => placesOf(settings)[0];
    expect(place({ S3_BUCKET: "b", S3_REGION: "eu-west-1", S3_ENDPOINT: "" })).toMatchObject({
      address: ["s3.eu-west-1.amazonaws.com", 443],
      keyless: true,
    });
    expect(place({ GCS_BUCKET: "b", GCS_ENDPOINT: "" })).toMatchObject({
      address: ["storage.googleapis.com", 443],
    });
    const azure = { AZURE_BLOB_CONTAINER: "c", AZURE_BLOB_ENDPOINT: "https://a.blob.core.windows.net/" };
    expect(place(azure)).toMatchObject({ address: ["a.blob.core.windows.net", 443], keyless: true });
  });

  it("asks for another tenant's share by its names, and nothing else of it", () => {
    const [redis, store] = placesOf({ ...local, REDIS_USER: "bhc" });
    const other = { ...local, REDIS_PREFIX: "mhr:", S3_BUCKET: "mhr", REDIS_USER: "mhr" };
    expect(redis && foreignSettings(redis, other)).toEqual({ REDIS_PREFIX: "mhr:" });
    expect(redis?.byConvention).toBe(false);
    expect(store && foreignSettings(store, other)).toMatchObject({ S3_BUCKET: "mhr" });
  });

  it("has a file of roots for each", () => {
    expect(rootsSettings(local, "/x")).toEqual({ REDIS_ROOTS: "/x", S3_ROOTS: "/x" });
  });
});

it("runs a check in a pod with other settings, and keeps its report when all is not well", () => {
  const folder = mkdtempSync(join(tmpdir(), "portolan-check-"));
  try {
    const main = join(folder, "main.mjs");
    writeFileSync(main, "console.log(process.env.ROLE, process.env.REDIS_PREFIX); process.exitCode = 1;");
    const given = checkArguments({ REDIS_PREFIX: "mhr:" }).map((text) => text.replace("/app/main.mjs", main));
    expect(execFileSync(process.execPath, given, { encoding: "utf8" })).toBe("check mhr:\n");
    writeFileSync(main, "process.exitCode = 78;");
    expect(() => execFileSync(process.execPath, given)).toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
