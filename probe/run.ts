/** The outline of a probe's life: one role, from its environment to its end. */
import { coalesce } from "./coalesce.ts";
import { type ProbeConfig, parseConfig, secretsOf } from "./config.ts";
import { askHealth } from "./health.ts";
import { migrate } from "./migrate.ts";
import { Queue } from "./queue.ts";
import { lastingRedis } from "./redis.ts";
import { describeError } from "./report.ts";
import { runScheduler, runWorker } from "./roles.ts";
import { lifeRoutes, webRoutes } from "./routes.ts";
import { serve } from "./server.ts";

/** For one service; the kubelet asks readiness with a little more. */
const checkMs = 5000;
/** An answer is given again for so long, however often it is asked for. */
const healthAgeMs = 1000;

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  /** What a role was asked for: the report of `check`. */
  readonly answer: (text: string) => void;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
}

/** Runs a role until it is told to stop. Returns the exit code; throws ConfigError. */
export async function run({ environment, log, answer, signal }: Surroundings): Promise<number> {
  const config = parseConfig(environment);
  switch (config.role) {
    case "migrate":
      return await runMigration(config, log);
    case "check":
      return await runCheck(config, answer);
    default:
      return await runServer(config, log, signal);
  }
}

/** Looks once, as a server would, and says what it saw. */
async function runCheck(config: ProbeConfig, answer: Surroundings["answer"]): Promise<number> {
  const report = await askHealth({ config, queue: undefined, timeoutMs: checkMs, marks: false });
  answer(JSON.stringify(report));
  return report.ok ? 0 : 1;
}

async function runMigration(config: ProbeConfig, log: Surroundings["log"]): Promise<number> {
  try {
    log(`migration: ${await migrate(config)}`);
    return 0;
  } catch (error) {
    log(`migration failed: ${describeError(error, secretsOf(config))}`);
    return 1;
  }
}

async function runServer(
  config: ProbeConfig,
  log: Surroundings["log"],
  signal: AbortSignal,
): Promise<number> {
  const secrets = secretsOf(config);
  const sayRedis = onChange((error) => log(`redis: ${describeError(error, secrets)}`));
  const redis = config.redis && lastingRedis(config.redis, sayRedis);
  const queue = redis && config.redis && new Queue(redis, config.redis.prefix);
  const health = coalesce(() => askHealth({ config, queue, timeoutMs: checkMs, marks: true }), healthAgeMs);
  const stopping = (): boolean => signal.aborted;
  const parts = { version: config.version, health, queue, stopping };
  const isWeb = config.role === "web";
  const server = await serve({
    port: config.port,
    routes: isWeb ? webRoutes(parts) : lifeRoutes(parts),
    echo: isWeb,
  });
  log(`${config.role} ${config.version} listens on ${server.port}`);

  const blocking = config.redis && lastingRedis(config.redis, sayRedis, true);
  const work = queue && blocking && !isWeb ? { queue, blocking, log, signal } : undefined;
  const role = work && (config.role === "worker" ? runWorker(work) : runScheduler(work));
  await aborted(signal);
  log("stopping");
  await Promise.all([server.stop(isWeb ? config.drainMs : 0), role]);
  redis?.disconnect();
  blocking?.disconnect();
  log("stopped");
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Passes on an error only when its message differs from the last one: a server away fails many times a minute. */
function onChange(tell: (error: Error) => void): (error: Error) => void {
  let last = "";
  return (error) => {
    if (error.message !== last) tell(error);
    last = error.message;
  };
}
