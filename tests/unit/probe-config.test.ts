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
