import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type HealthReport, notBound } from "../../probe/report.ts";
import { type RouteParts, webRoutes } from "../../probe/routes.ts";
import { run } from "../../probe/run.ts";
import { type ProbeServer, serve } from "../../probe/server.ts";

const healthy: HealthReport = {
  ok: true,
  version: "1",
  host: "h",
  at: "now",
  database: notBound,
  redis: notBound,
  objectStore: notBound,
  appKey: { bound: false, ok: false, error: null },
  queue: { bound: false, ok: false, ageMs: null, depth: null },
  scheduler: { bound: false, ok: false, ageMs: null, ticks: null },
};
const servers: ProbeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

async function start(parts: Partial<RouteParts> = {}): Promise<{ server: ProbeServer; url: string }> {
  const routes = webRoutes({
    version: "1 <beta>",
    health: async () => healthy,
    queue: undefined,
    stopping: () => servers.at(-1)?.stopping() ?? false,
    ...parts,
  });
  const server = await serve({ port: 0, routes, echo: true });
  servers.push(server);
  return { server, url: `http://127.0.0.1:${server.port}` };
}

describe("the probe's server", () => {
  it("answers 200 with a report when all is well, 503 with a report when not", async () => {
    let report = healthy;
    const { url } = await start({ health: async () => report });
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    report = { ...healthy, ok: false };
    const answer = await fetch(`${url}/api/health`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ ok: false, database: { bound: false } });
  });

  it("is alive whatever its services do, and ready once they worked", async () => {
    let ok = false;
    const { url } = await start({ health: async () => ({ ...healthy, ok }) });
    expect((await fetch(`${url}/up`)).status).toBe(200);
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    ok = true;
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    ok = false;
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it("shows a plain page, with the version escaped", async () => {
    const { url } = await start();
    expect(await (await fetch(url)).text()).toContain("Version 1 &#60;beta&#62; on");
  });

  it("says what is wrong with a request", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${url}/api/jobs`, { method: "POST", body: "{}" })).status).toBe(409);
    expect((await fetch(`${url}/api/jobs/none`)).status).toBe(404);
  });

  it("sends a websocket's messages back on /app/ and refuses other paths", async () => {
    const { server } = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/app/room`);
    await new Promise((resolve) => socket.once("open", resolve));
    const echo = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
    socket.send("hello");
    expect(await echo).toBe("hello");
    socket.close();
    const wrong = new WebSocket(`ws://127.0.0.1:${server.port}/other`);
    await expect(new Promise((_resolve, reject) => wrong.once("error", reject))).rejects.toThrow("404");
  });

  it("goes on serving while it drains, then finishes what is under way", async () => {
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { server, url } = await start({ health: () => slow.then(() => healthy) });
    const underWay = fetch(`${url}/api/health`);
    await wait(50);
    const stopped = server.stop(150);
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect((await fetch(`${url}/up`)).status).toBe(200);
    await wait(250);
    await expect(fetch(`${url}/up`)).rejects.toThrow();
    finish();
    expect((await underWay).status).toBe(200);
    await stopped;
  });
});

describe("a role", () => {
  it("ends with 0 when it is told to stop", async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const code = run({
      environment: { PORT: "18437", DRAIN_SECONDS: "0" },
      log: (line) => lines.push(line),
      answer: () => undefined,
      signal: stop.signal,
    });
    await wait(100);
    stop.abort();
    expect(await code).toBe(0);
    expect(lines).toContain("stopped");
  });

  it("fails a migration when it is told to", async () => {
    const lines: string[] = [];
    const environment = { ROLE: "migrate", PROBE_FAIL_MIGRATION: "true" };
    const { signal } = new AbortController();
    const log = (line: string) => lines.push(line);
    expect(await run({ environment, log, answer: () => undefined, signal })).toBe(1);
    expect(lines.join()).toContain("failing as asked");
  });

  it("checks once and answers with the report", async () => {
    const check = async (environment: Record<string, string>) => {
      const answers: string[] = [];
      const { signal } = new AbortController();
      const surroundings = { log: () => undefined, answer: (text: string) => answers.push(text), signal };
      const code = await run({ ...surroundings, environment: { ...environment, ROLE: "check" } });
      return { code, report: JSON.parse(answers.join("")) };
    };
    expect(await check({})).toMatchObject({ code: 0, report: { ok: true, redis: { bound: false } } });
    const nobody = { REDIS_HOST: "127.0.0.1", REDIS_PORT: "1", REDIS_PASSWORD: "pw" };
    expect(await check(nobody)).toMatchObject({ code: 1, report: { ok: false, redis: { bound: true } } });
  });
});
