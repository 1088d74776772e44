/**
 * A queue of jobs in Redis, and the signs of life of those who work beside the web role. A job is taken at most once:
 * it is a check, not work that must not be lost.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { HealthReport, SignOfLife } from "./report.ts";

/** How long a job and its result are kept. */
const jobSeconds = 3600;
/** A worker or a scheduler that was not heard of for so long counts as gone. */
const silentMs = 30_000;

const jobSchema = z.object({
  id: z.string(),
  state: z.enum(["queued", "done"]),
  text: z.string(),
  /** SHA-256 of the text, in hex, once done. */
  result: z.string().nullable(),
});
export type Job = z.infer<typeof jobSchema>;

export class Queue {
  readonly #redis: Redis;
  readonly #prefix: string;

  /** Does not own the connection. */
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(text: string): Promise<Job> {
    const job: Job = { id: randomUUID(), state: "queued", text, result: null };
    await this.#store(job);
    await this.#redis.lpush(this.#key("jobs"), job.id);
    return job;
  }

  async find(id: string): Promise<Job | undefined> {
    const found = await this.#redis.get(this.#key(`job:${id}`));
    return found === null ? undefined : jobSchema.parse(JSON.parse(found));
  }

  /** Waits up to `seconds` for a job on a connection of its own, works it off and returns it. */
  async work(blocking: Redis, seconds: number): Promise<Job | undefined> {
    const taken = await blocking.brpop(this.#key("jobs"), seconds);
    const job = taken && (await this.find(taken[1]));
    if (!job) return undefined;
    const done: Job = { ...job, state: "done", result: createHash("sha256").update(job.text).digest("hex") };
    await this.#store(done);
    return done;
  }

  async workerIsAlive(): Promise<void> {
    await this.#redis.set(this.#key("worker"), Date.now());
  }

  async tick(): Promise<void> {
    await this.#redis.incr(this.#key("ticks"));
    await this.#redis.set(this.#key("tick"), Date.now());
  }

  /** What is known of the queue, the worker and the scheduler. */
  async state(): Promise<Pick<HealthReport, "queue" | "scheduler">> {
    const [depth, worker, tick, ticks] = await Promise.all([
      this.#redis.llen(this.#key("jobs")),
      this.#redis.get(this.#key("worker")),
      this.#redis.get(this.#key("tick")),
      this.#redis.get(this.#key("ticks")),
    ]);
    return {
      queue: { ...signOfLife(worker), depth },
      scheduler: { ...signOfLife(tick), ticks: Number(ticks ?? 0) },
    };
  }

  async #store(job: Job): Promise<void> {
    await this.#redis.set(this.#key(`job:${job.id}`), JSON.stringify(job), "EX", jobSeconds);
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }
}

/** What is said where there is no Redis, or where it does not answer. */
export function silence(bound: boolean): Pick<HealthReport, "queue" | "scheduler"> {
  const none: SignOfLife = { bound, ok: false, ageMs: null };
  return { queue: { ...none, depth: null }, scheduler: { ...none, ticks: null } };
}

function signOfLife(at: string | null): SignOfLife {
  // Clocks of two pods may differ a little: an age is never below zero.
  const ageMs = at === null ? null : Math.max(0, Date.now() - Number(at));
  return { bound: true, ok: ageMs !== null && ageMs < silentMs, ageMs };
}
