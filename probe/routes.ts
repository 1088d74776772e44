/** What each path answers. */
import { z } from "zod";
import { page } from "./page.ts";
import type { Queue } from "./queue.ts";
import type { HealthReport } from "./report.ts";
import { BadRequest, type Routes } from "./server.ts";

export interface RouteParts {
  readonly version: string;
  readonly health: () => Promise<HealthReport>;
  readonly queue: Queue | undefined;
  readonly stopping: () => boolean;
}

const jobRequest = z.strictObject({ text: z.string().max(1000).default("") });

/** Liveness and readiness, for every role. */
export function lifeRoutes({ health, stopping }: Pick<RouteParts, "health" | "stopping">): Routes {
  let wasHealthy = false;
  return {
    "GET /up": () => ({ status: 200, body: { up: true } }),
    "GET /ready": async () => {
      if (stopping()) return { status: 503, body: { ready: false, why: "stopping" } };
      // Once is enough: in a later outage somebody must still be there to say what is wrong.
      wasHealthy ||= (await health()).ok;
      return wasHealthy
        ? { status: 200, body: { ready: true } }
        : { status: 503, body: { ready: false, why: "something bound does not work: see /api/health" } };
    },
  };
}

/** All that the web role serves. */
export function webRoutes(parts: RouteParts): Routes {
  const { queue } = parts;
  return {
    ...lifeRoutes(parts),
    "GET /": () => ({ status: 200, body: page(parts.version) }),
    "GET /api/health": async () => {
      const report = await parts.health();
      return { status: report.ok ? 200 : 503, body: report };
    },
    "POST /api/jobs": async ({ body }) => {
      if (!queue) throw new BadRequest(409, "no Redis is bound, so there is no queue");
      const job = await queue.add(parseJob(await body()).text);
      return { status: 202, body: job };
    },
    "GET /api/jobs/*": async ({ path }) => {
      const job = await queue?.find(path.slice("/api/jobs/".length));
      return job ? { status: 200, body: job } : { status: 404, body: { error: "no such job" } };
    },
  };
}

function parseJob(body: string): z.infer<typeof jobRequest> {
  try {
    return jobRequest.parse(body === "" ? {} : JSON.parse(body));
  } catch {
    throw new BadRequest(
      400,
      'a job is JSON such as {"text": "hello"}, with a text of at most 1000 characters',
    );
  }
}
