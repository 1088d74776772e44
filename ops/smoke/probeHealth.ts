/** The probe's report, as the checks read it. */
import { z } from "zod";
import { expect } from "../checks.ts";
import { type Client, reach, type SmokeContext } from "./context.ts";

const service = z.object({
  bound: z.boolean(),
  ok: z.boolean(),
  wrote: z.boolean(),
  readBack: z.boolean(),
  deleted: z.boolean(),
  mark: z.object({ value: z.string().nullable(), error: z.string().nullable() }),
  tls: z.object({ verified: z.boolean(), protocol: z.string().nullable(), root: z.string() }).nullable(),
  ms: z.number(),
  error: z.string().nullable(),
});
const life = z.object({ bound: z.boolean(), ok: z.boolean(), ageMs: z.number().nullable() });

/** What the checks read of `/api/health`. */
export const health = z.object({
  ok: z.boolean(),
  version: z.string(),
  database: service,
  redis: service,
  objectStore: service,
  appKey: z.object({ bound: z.boolean(), ok: z.boolean(), error: z.string().nullable() }),
  queue: life,
  scheduler: life.extend({ ticks: z.number().nullable() }),
});

export type Health = z.infer<typeof health>;

export const serviceParts = ["database", "redis", "objectStore"] as const;
export type ServicePart = (typeof serviceParts)[number];

/** The report of a tenant's probe, through the edge. */
export async function healthOf(context: SmokeContext, client: Client): Promise<Health> {
  const { status, body } = await reach(context, client, "/api/health");
  expect(status === 200 || status === 503, `/api/health gave HTTP ${status}`);
  return health.parse(JSON.parse(body.toString("utf8")));
}

/** What each service of a tenant got at its first use and keeps for as long as nothing is lost. */
export async function probeMarks(
  context: SmokeContext,
  client: Client,
): Promise<Partial<Record<ServicePart, string>>> {
  const seen = await healthOf(context, client);
  const marks: Partial<Record<ServicePart, string>> = {};
  for (const part of serviceParts) {
    const { bound, mark } = seen[part];
    if (!bound) continue;
    expect(
      mark.value !== null,
      `${part} of ${client.tenant.slug} has no mark of its first use: ${mark.error}`,
    );
    marks[part] = mark.value;
  }
  return marks;
}
