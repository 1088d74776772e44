/** The probe's report, as the checks read it. */
import { z } from "zod";

const service = z.object({
  bound: z.boolean(),
  ok: z.boolean(),
  wrote: z.boolean(),
  readBack: z.boolean(),
  deleted: z.boolean(),
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
