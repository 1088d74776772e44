import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CheckOptions, checkService } from "../../probe/check.ts";
import { openDatabase } from "../../probe/database.ts";
import { openObjectStore } from "../../probe/objectStore.ts";
import { openRedis } from "../../probe/redis.ts";
import { type Fake, fakePostgres, fakeRedis, fakeS3, type Identity, identity } from "./probe-fakes.ts";

const password = "p4ss-very-secret";
let ours: Identity;
let others: Identity;
let elsewhere: Identity;
const fakes: Fake[] = [];

beforeAll(async () => {
  [ours, others, elsewhere] = await Promise.all([
    identity("Right CA", ["localhost"]),
    identity("Other CA", ["localhost"]),
    identity("Right CA", ["elsewhere.test"]),
  ]);
});
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.close();
});

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
  objectStore: {
    fake: fakeS3,
    open: (port: number, roots: string): CheckOptions["open"] => {
      const keys = { accessKey: "key", secretKey: password };
      const settings = {
        host: "localhost",
        port,
        region: "r",
        bucket: "bucket",
        pathStyle: true,
        ...keys,
        roots,
      };
      return () => openObjectStore(settings);
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

  it("fails when the certificate comes from another authority", async () => {
    const report = await run(others, ours.caPem);
    expect(report).toMatchObject({ bound: true, ok: false, wrote: false, tls: null });
    expect(report.error).toMatch(/certificate/);
  });

  it("fails when the certificate is for another name", async () => {
    const report = await run(elsewhere, elsewhere.caPem);
    expect(report).toMatchObject({ ok: false, wrote: false });
    expect(report.error).toMatch(/altnames/);
  });

  it("fails when the system's authorities are the only ones trusted", async () => {
    const fake = await service.fake(ours);
    fakes.push(fake);
    const open = service.open(fake.port, "");
    const report = await checkService({ open, secrets: [password], timeoutMs: 3000 });
    expect(report).toMatchObject({ ok: false, wrote: false });
  });
});

it("gives up on a server that never answers, in bounded time", async () => {
  const fake = await fakeRedis(ours, true);
  fakes.push(fake);
  const report = await checkService({
    open: services.redis.open(fake.port, ours.caPem),
    secrets: [password],
    timeoutMs: 300,
  });
  expect(report).toMatchObject({ ok: false, error: "no answer within 300 ms" });
  expect(report.ms).toBeLessThan(2000);
});
