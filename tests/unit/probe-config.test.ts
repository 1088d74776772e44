import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig, secretsOf } from "../../probe/config.ts";

const database = { DB_HOST: "db", DB_NAME: "app", DB_USER: "app", DB_PASSWORD: "pw" };

/** What parsing says is wrong. */
function mistakes(environment: Record<string, string>, readFile?: (path: string) => string): string {
  try {
    parseConfig(environment, readFile);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("the probe's environment", () => {
  it("binds nothing when nothing is given, and serves on 8080", () => {
    expect(parseConfig({})).toMatchObject({
      role: "web",
      port: 8080,
      database: undefined,
      redis: undefined,
      objectStore: undefined,
    });
  });

  it("takes an empty variable for one that is not there", () => {
    expect(parseConfig({ DB_HOST: "", REDIS_USER: "", DB_ROOTS: "" }).database).toBeUndefined();
  });

  it("names every mistake at once, and no value", () => {
    const message = mistakes({
      ...database,
      DB_PASSWORD: "",
      DB_PORT: "70000",
      ROLE: "king",
      APP_KEY: "too-short",
    });
    for (const key of ["DB_PASSWORD", "DB_PORT", "ROLE", "APP_KEY"]) expect(message).toContain(key);
    expect(message).not.toContain("too-short");
  });

  it("refuses an object store that is not reached over https", () => {
    const store = { S3_BUCKET: "b", S3_REGION: "r", S3_ACCESS_KEY: "a", S3_SECRET_KEY: "s" };
    expect(mistakes({ ...store, S3_ENDPOINT: "http://s3.test" })).toContain("S3_ENDPOINT");
    expect(parseConfig({ ...store, S3_ENDPOINT: "https://s3.test:7070" }).objectStore).toMatchObject({
      host: "s3.test",
      port: 7070,
    });
    expect(parseConfig(store).objectStore).toMatchObject({ host: "s3.r.amazonaws.com", port: 443 });
  });

  it("reads root certificates, and says which file is missing", () => {
    const read = (path: string): string => `PEM of ${path}`;
    expect(parseConfig({ ...database, DB_ROOTS: "/ca.crt" }, read).database?.roots).toBe("PEM of /ca.crt");
    expect(mistakes({ ...database, DB_ROOTS: "/not/there" })).toMatch(
      /DB_ROOTS: \/not\/there cannot be read/,
    );
  });

  it("knows all its secrets", () => {
    const config = parseConfig({
      ...database,
      APP_KEY: "0123456789abcdef",
      REDIS_HOST: "r",
      REDIS_PASSWORD: "rpw",
      S3_BUCKET: "b",
      S3_REGION: "r",
      S3_ACCESS_KEY: "ak",
      S3_SECRET_KEY: "sk",
    });
    expect(secretsOf(config)).toEqual(["0123456789abcdef", "pw", "rpw", "sk"]);
  });
});

describe("the object store", () => {
  const read = (path: string): string => `PEM of ${path}`;

  it("is opened by the pod's identity where no keys are given, and with half of them not at all", () => {
    const store = { S3_BUCKET: "b", S3_REGION: "r" };
    expect(parseConfig(store).objectStore).toMatchObject({ protocol: "s3", keys: undefined });
    expect(parseConfig({ ...store, S3_ACCESS_KEY: "a", S3_SECRET_KEY: "s" }).objectStore).toMatchObject({
      keys: { accessKey: "a", secretKey: "s" },
    });
    expect(mistakes({ ...store, S3_SECRET_KEY: "s" })).toContain(
      "S3_ACCESS_KEY, S3_SECRET_KEY: give both, or none to use the identity of the pod",
    );
  });

  it("may be a bucket of Google's, by default at its public endpoint", () => {
    const store = { GCS_BUCKET: "b", GCS_ROOTS: "/ca.crt" };
    expect(parseConfig(store, read).objectStore).toEqual({
      protocol: "gcs",
      endpoint: "https://storage.googleapis.com",
      bucket: "b",
      roots: "PEM of /ca.crt",
    });
    expect(
      parseConfig({ GCS_BUCKET: "b", GCS_ENDPOINT: "https://gcs.test:4443/" }).objectStore,
    ).toMatchObject({
      endpoint: "https://gcs.test:4443",
    });
    expect(mistakes({ GCS_BUCKET: "b", GCS_ENDPOINT: "http://gcs.test" })).toContain("GCS_ENDPOINT");
  });

  it("may be a container of Azure's, whose account must be named", () => {
    const store = { AZURE_BLOB_CONTAINER: "c", AZURE_BLOB_ENDPOINT: "https://a.blob.core.windows.net/" };
    expect(parseConfig(store).objectStore).toEqual({
      protocol: "azure-blob",
      endpoint: "https://a.blob.core.windows.net",
      container: "c",
      roots: undefined,
    });
    expect(mistakes({ AZURE_BLOB_CONTAINER: "c" })).toContain("AZURE_BLOB_ENDPOINT");
  });

  it("is one: two are refused by name", () => {
    expect(mistakes({ S3_BUCKET: "b", S3_REGION: "r", GCS_BUCKET: "b" })).toContain(
      "S3_BUCKET, GCS_BUCKET: each binds an object store, and there is only one; leave out the others",
    );
  });
});
