import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type CheckOptions, checkService } from "../../probe/check.ts";
import { openDatabase } from "../../probe/database.ts";
import { openObjectStore } from "../../probe/objectStore.ts";
import { openRedis } from "../../probe/redis.ts";
import {
  fakeAzureBlob,
  fakeGcs,
  fakePodIdentity,
  fakeS3,
  type PodIdentity,
  tokens,
} from "./probe-fakeStores.ts";
import { type Fake, fakePostgres, fakeRedis, type Identity, identity } from "./probe-fakes.ts";

const password = "p4ss-very-secret";
let ours: Identity;
let others: Identity;
let elsewhere: Identity;
let pod: PodIdentity;
const fakes: Fake[] = [];

beforeAll(async () => {
  [ours, others, elsewhere] = await Promise.all([
    identity("Right CA", ["localhost"]),
    identity("Other CA", ["localhost"]),
    identity("Elsewhere CA", ["elsewhere.test"]),
  ]);
  pod = await fakePodIdentity(ours);
});
afterAll(() => pod.close());
beforeEach(() => {
  for (const [key, value] of Object.entries(pod.environment)) vi.stubEnv(key, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const fake of fakes.splice(0)) fake.close();
});

const s3 = { protocol: "s3", host: "localhost", region: "r", bucket: "bucket", pathStyle: true } as const;

/** For each service: a fake that shows `shown`, and a check that trusts `trusted`. */
const services = {
  database: {
    fake: fakePostgres,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const settings = { host: "localhost", port, name: "app", user: "app", password, roots };
      return () => openDatabase(settings, 2000);
    },
  },
  redis: {
    fake: fakeRedis,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const settings = { host: "localhost", port, user: undefined, password, prefix: "t:", roots };
      return () => openRedis(settings, 2000);
    },
  },
  "S3 with keys": {
    fake: fakeS3,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const keys = { accessKey: "key", secretKey: password };
      return () => openObjectStore({ ...s3, port, keys, roots });
    },
  },
  "S3 by the pod's identity": {
    fake: (shown: Identity) => fakeS3(shown, true),
    open: (port: number, roots: string): CheckOptions["open"] => {
      return () => openObjectStore({ ...s3, port, keys: undefined, roots });
    },
  },
  "GCS by the pod's identity": {
    fake: fakeGcs,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const endpoint = `https://localhost:${port}`;
      return () => openObjectStore({ protocol: "gcs", endpoint, bucket: "bucket", roots });
    },
  },
  "Azure Blob by the pod's identity": {
    fake: fakeAzureBlob,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const endpoint = `https://localhost:${port}/account`;
      return () => openObjectStore({ protocol: "azure-blob", endpoint, container: "container", roots });
    },
  },
};

describe.each(Object.entries(services))("the check of %s", (_name, service) => {
  const run = async (shown: Identity, trusted: string) => {
    const fake = await service.fake(shown);
    fakes.push(fake);
    return await checkService({
      open: service.open(fake.port, trusted),
      secrets: [password],
      marks: true,
      timeoutMs: 3000,
    });
  };

  it("writes, reads back and deletes over verified TLS, and names the authority", async () => {
    const report = await run(ours, ours.caPem);
    expect(report).toMatchObject({ ok: true, wrote: true, readBack: true, deleted: true, error: null });
    expect(report.tls).toMatchObject({
      verified: true,
      root: "Right CA",
      issuer: "Right CA",
      subject: "localhost",
    });
    expect(report.tls?.protocol).toMatch(/^TLSv1\.[23]$/);
  });

  it("is marked at its first use, and the mark stays; who only looks writes none", async () => {
    const fake = await service.fake(ours);
    fakes.push(fake);
    const look = async (marks: boolean) => {
      const open = service.open(fake.port, ours.caPem);
      return (await checkService({ open, secrets: [password], marks, timeoutMs: 3000 })).mark;
    };
    expect(await look(false)).toEqual({ value: null, error: null });
    const first = await look(true);
    expect(first.value).toMatch(/^[0-9a-f-]{36}$/);
    expect(await look(true)).toEqual(first);
    expect(await look(false)).toEqual(first);
  });

  it("fails when the certificate comes from another authority", async () => {
    const report = await run(others, ours.caPem);
    expect(report).toMatchObject({ bound: true, ok: false, wrote: false, tls: null });
    expect(report.error).toMatch(/certificate/);
  });

  it("fails when the certificate is for another name", async () => {
    // Trusted is also who signed for the clouds' identity services: only the store's name is wrong.
    const report = await run(elsewhere, `${elsewhere.caPem}\n${ours.caPem}`);
    expect(report).toMatchObject({ ok: false, wrote: false });
    expect(report.error).toMatch(/altnames/);
  });

  it("fails when the system's authorities are the only ones trusted", async () => {
    const fake = await service.fake(ours);
    fakes.push(fake);
    const open = service.open(fake.port, "");
    const report = await checkService({ open, secrets: [password], marks: true, timeoutMs: 3000 });
    expect(report).toMatchObject({ ok: false, wrote: false });
  });
});

it("gives up on a server that never answers, in bounded time", async () => {
  const fake = await fakeRedis(ours, true);
  fakes.push(fake);
  const report = await checkService({
    open: services.redis.open(fake.port, ours.caPem),
    secrets: [password],
    marks: true,
    timeoutMs: 300,
  });
  expect(report).toMatchObject({ ok: false, error: "no answer within 300 ms" });
  expect(report.ms).toBeLessThan(2000);
});

describe("the pod's identity", () => {
  const check = async (service: (typeof services)[keyof typeof services]) => {
    const fake = await service.fake(ours);
    fakes.push(fake);
    return await checkService({
      open: service.open(fake.port, ours.caPem),
      secrets: [],
      marks: true,
      timeoutMs: 5000,
    });
  };

  it("is told what is missing where the pod has none", async () => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", undefined);
    const report = await check(services["S3 by the pod's identity"]);
    expect(report.error).toMatch(/^the pod's identity gave no credentials for S3 \(.*CREDENTIALS_FULL_URI/s);
  });

  it("is refused when the token in the pod is another's", async () => {
    const { AZURE_FEDERATED_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE } = pod.environment;
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AZURE_FEDERATED_TOKEN_FILE);
    vi.stubEnv("AZURE_FEDERATED_TOKEN_FILE", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE);
    expect(await check(services["S3 by the pod's identity"])).toMatchObject({
      ok: false,
      error: expect.stringContaining("401"),
    });
    expect(await check(services["Azure Blob by the pod's identity"])).toMatchObject({
      ok: false,
      error: expect.stringContaining("not this one"),
    });
  });

  it("is never in the report", async () => {
    const reports = await Promise.all(Object.values(services).map(check));
    const said = JSON.stringify(reports);
    for (const token of [tokens.s3.secretKey, tokens.s3.session, tokens.gcs, tokens.azure]) {
      expect(said).not.toContain(token);
    }
  });
});

it("keeps to commands and keys of a Redis user who may use only those under a prefix", async () => {
  const heard: string[][] = [];
  const fake = await fakeRedis(ours, false, (command) => heard.push([...command]));
  fakes.push(fake);
  const report = await checkService({
    open: services.redis.open(fake.port, ours.caPem),
    secrets: [password],
    marks: true,
    timeoutMs: 3000,
  });
  expect(report.ok).toBe(true);
  const names = heard.map(([name = ""]) => name.toLowerCase());
  const connection = ["hello", "auth", "client"];
  expect(names.filter((name) => !connection.includes(name))).toEqual([
    ...["get", "set", "get"],
    ...["set", "get", "del", "get"],
  ]);
  for (const [name = "", key] of heard) {
    if (!connection.includes(name.toLowerCase())) expect(key).toMatch(/^t:/);
  }
});
