import { createHash, randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { z } from "zod";
import { type CheckSpec, expect, expectFailure } from "../checks.ts";
import { until } from "../kube.ts";
import { type Client, openClient, reach, type SmokeContext } from "./context.ts";
import { pinned } from "./https.ts";
import { healthOf, type ServicePart } from "./probeHealth.ts";
import { probeIsolation } from "./probeIsolation.ts";
import { strangerCa } from "./wrongCa.ts";

function serviceCheck(context: SmokeContext, client: Client, key: ServicePart, called: string): CheckSpec {
  return {
    name: `${client.tenant.slug}'s ${called} can be written, read and emptied over verified TLS`,
    run: async () => {
      const { [key]: seen } = await healthOf(context, client);
      expect(seen.bound, `the probe was given no ${called}`);
      expect(seen.ok && seen.wrote && seen.readBack && seen.deleted, seen.error ?? JSON.stringify(seen));
      expect(seen.tls?.verified === true, "its certificate was not verified");
      return `${seen.tls.protocol ?? "TLS"}, trusted through ${seen.tls.root}, ${seen.ms} ms`;
    },
  };
}

/** Sends a text over a WebSocket through the edge; resolves to what came back. */
function echoed(context: SmokeContext, client: Client, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = new WebSocket(`wss://${client.host}/app/`, {
    ca: client.ca,
    lookup: pinned(context.edge),
    handshakeTimeout: 10_000,
  });
  const late = setTimeout(() => reject(new Error("no echo in 10 s")), 10_000);
  socket.on("open", () => socket.send(text));
  socket.on("message", (data) => resolve(String(data)));
  socket.on("error", reject);
  return promise.finally(() => {
    clearTimeout(late);
    socket.terminate();
  });
}

const job = z.object({ id: z.string(), state: z.string(), result: z.string().nullable() });

async function queuedJob(context: SmokeContext, client: Client): Promise<string> {
  const text = randomUUID();
  const body = Buffer.from(JSON.stringify({ text }));
  const answer = await reach(context, client, "/api/jobs", { method: "POST", body });
  expect(answer.status === 202, `queuing a job gave HTTP ${answer.status}`);
  const { id } = job.parse(JSON.parse(answer.body.toString("utf8")));
  const start = performance.now();
  const done = await until(
    "the queued job to be done",
    async () => {
      const seen = await reach(context, client, `/api/jobs/${id}`);
      const found = job.parse(JSON.parse(seen.body.toString("utf8")));
      return found.state === "done" ? found : undefined;
    },
    20_000,
    200,
  );
  const right = createHash("sha256").update(text).digest("hex");
  expect(done.result === right, `the worker answered ${done.result}, expected ${right}`);
  return `done in ${Math.round(performance.now() - start)} ms`;
}

function ownChecks(context: SmokeContext, client: Client): CheckSpec[] {
  const { slug } = client.tenant;
  return [
    {
      name: `${slug} answers over HTTPS with a verified certificate`,
      run: async () => {
        const { status, names } = await reach(context, client, "/up");
        expect(status === 200, `/up gave HTTP ${status}`);
        return `certificate for ${names}`;
      },
    },
    {
      name: `a client with the wrong CA is refused by ${slug}`,
      run: async () => {
        const ca = await strangerCa();
        return await expectFailure(
          "HTTPS",
          () => reach(context, client, "/up", { ca }),
          /[^.;]*(certificate|signature)[^.;]*/i,
        );
      },
    },
    serviceCheck(context, client, "database", "database"),
    serviceCheck(context, client, "redis", "Redis"),
    serviceCheck(context, client, "objectStore", "object store"),
    {
      name: `${slug}'s write-once key still opens what it sealed`,
      run: async () => {
        const { appKey } = await healthOf(context, client);
        expect(appKey.bound && appKey.ok, appKey.error ?? "the probe was given no key");
        return "the canary in the database decrypts";
      },
    },
    {
      name: `${slug} echoes over a WebSocket on /app/`,
      run: async () => {
        const text = randomUUID();
        const back = await echoed(context, client, text);
        expect(back === text, `sent ${text}, got ${back}`);
        return `${text.length} characters`;
      },
    },
    { name: `${slug}'s worker handles a queued job`, run: () => queuedJob(context, client) },
    {
      name: `${slug}'s scheduler ticks`,
      run: async () => {
        const ticks = async () => (await healthOf(context, client)).scheduler.ticks ?? 0;
        const before = await ticks();
        const after = await until(
          "another tick",
          async () => {
            const seen = await ticks();
            return seen > before ? seen : undefined;
          },
          20_000,
        );
        return `tick ${before}, then ${after}`;
      },
    },
  ];
}

/** Every check of the probe's smoke, in groups: the checks of a group do not depend on each other, the groups do. */
export async function probeChecks(context: SmokeContext, slugs: readonly string[]): Promise<CheckSpec[][]> {
  const clients = await Promise.all(slugs.map((slug) => openClient(context, slug)));
  const [first, second] = clients;
  const own = clients.flatMap((client) => ownChecks(context, client));
  if (first === undefined || second === undefined) return [own];
  return [own, [probeIsolation(context, first, second)], [probeIsolation(context, second, first)]];
}

/** The tenant's data is there: everything works, and the canary made at the first start decrypts. */
export async function probeIntact(context: SmokeContext, client: Client): Promise<string> {
  const seen = await healthOf(context, client);
  expect(seen.ok && seen.appKey.ok, `health is not ok: ${JSON.stringify(seen).slice(0, 300)}`);
  return "health ok, the canary decrypts";
}
