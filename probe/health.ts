/** The whole report: every bound service at the same time, each in bounded time. */
import { hostname } from "node:os";
import { type CheckOptions, checkService } from "./check.ts";
import { type ProbeConfig, secretsOf } from "./config.ts";
import { openDatabase } from "./database.ts";
import { checkAppKey } from "./migrate.ts";
import { openObjectStore } from "./objectStore.ts";
import { type Queue, silence } from "./queue.ts";
import { openRedis } from "./redis.ts";
import {
  type AppKeyReport,
  describeError,
  type HealthReport,
  notBound,
  type ServiceReport,
} from "./report.ts";

export interface HealthOptions {
  readonly config: ProbeConfig;
  readonly queue: Queue | undefined;
  /** For each service. */
  readonly timeoutMs: number;
  /** Whether a service without a mark of its first use is given one: by servers, not by who only looks. */
  readonly marks: boolean;
}

/** Asks everything. Never throws. */
export async function askHealth({ config, queue, timeoutMs, marks }: HealthOptions): Promise<HealthReport> {
  const secrets = secretsOf(config);
  const check = <Settings>(
    settings: Settings | undefined,
    open: (settings: Settings) => ReturnType<CheckOptions["open"]>,
  ): Promise<ServiceReport> | ServiceReport =>
    settings === undefined
      ? notBound
      : checkService({ open: () => open(settings), secrets, timeoutMs, marks });

  const [database, redis, objectStore, appKey, life] = await Promise.all([
    check(config.database, (settings) => openDatabase(settings, timeoutMs)),
    check(config.redis, (settings) => openRedis(settings, timeoutMs)),
    check(config.objectStore, openObjectStore),
    checkAppKey(config, timeoutMs).catch(
      (error: unknown): AppKeyReport => ({ bound: true, ok: false, error: describeError(error, secrets) }),
    ),
    queue?.state().catch(() => silence(true)) ?? silence(false),
  ]);
  const ok = [database, redis, objectStore, appKey].every((part) => part.ok || !part.bound);
  const { version } = config;
  return {
    ok,
    version,
    host: hostname(),
    at: new Date().toISOString(),
    database,
    redis,
    objectStore,
    appKey,
    ...life,
  };
}
