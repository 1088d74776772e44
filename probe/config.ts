/** What the probe is told: its environment, checked once at the start. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { type EnvironmentReader, type ObjectStoreSettings, readObjectStore } from "./objectStoreConfig.ts";

/** PEM certificates a server's must come from; undefined means the system's. */
type Roots = string | undefined;

export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly roots: Roots;
}

export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string;
  /** Put before every key. */
  readonly prefix: string;
  readonly roots: Roots;
}

export interface ProbeConfig {
  readonly role: "web" | "worker" | "scheduler" | "migrate" | "check";
  readonly port: number;
  readonly version: string;
  /** How long a stopping process goes on serving, in ms. */
  readonly drainMs: number;
  readonly failMigration: boolean;
  readonly appKey: string | undefined;
  readonly database: DatabaseSettings | undefined;
  readonly redis: RedisSettings | undefined;
  readonly objectStore: ObjectStoreSettings | undefined;
}

const text = z.string().min(1);
const port = z.coerce.number().int().min(1).max(65535);
const flag = z.enum(["true", "false"]).transform((value) => value === "true");

const general = z.object({
  ROLE: z.enum(["web", "worker", "scheduler", "migrate", "check"]).default("web"),
  PORT: port.default(8080),
  PROBE_VERSION: z.string().default("unknown"),
  DRAIN_SECONDS: z.coerce.number().min(0).max(300).default(5),
  PROBE_FAIL_MIGRATION: flag.default(false),
  // An APP_KEY that can be guessed protects nothing.
  APP_KEY: z.string().min(16).optional(),
});

const database = z.object({
  DB_HOST: text,
  DB_PORT: port.default(5432),
  DB_NAME: text,
  DB_USER: text,
  DB_PASSWORD: text,
  DB_ROOTS: text.optional(),
});

const redis = z.object({
  REDIS_HOST: text,
  REDIS_PORT: port.default(6379),
  REDIS_USER: text.optional(),
  REDIS_PASSWORD: text,
  REDIS_PREFIX: z.string().default("probe:"),
  REDIS_ROOTS: text.optional(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Every mistake of an environment, one a line. It names keys, never values: they may be secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the environment. A service is bound when its host (bucket, container) is given; then all it needs must be.
 * An empty variable counts as one that is not there. Throws ConfigError.
 */
export function parseConfig(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): ProbeConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const mistakes: string[] = [];
  const parse: EnvironmentReader["parse"] = (schema) => {
    const result = schema.safeParse(given);
    if (result.success) return result.data;
    mistakes.push(...result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
    return undefined;
  };
  const roots = (key: string, path: string | undefined): Roots => {
    if (path === undefined) return undefined;
    try {
      return readFile(path);
    } catch (error) {
      mistakes.push(`${key}: ${path} cannot be read (${error instanceof Error ? error.message : error})`);
      return undefined;
    }
  };

  const base = parse(general);
  const db = given.DB_HOST ? parse(database) : undefined;
  const cache = given.REDIS_HOST ? parse(redis) : undefined;
  const mistake = (line: string): void => void mistakes.push(line);
  const objectStore = readObjectStore({ given, parse, roots, mistake });
  const config: ProbeConfig | undefined = base && {
    role: base.ROLE,
    port: base.PORT,
    version: base.PROBE_VERSION,
    drainMs: base.DRAIN_SECONDS * 1000,
    failMigration: base.PROBE_FAIL_MIGRATION,
    appKey: base.APP_KEY,
    database: db && {
      host: db.DB_HOST,
      port: db.DB_PORT,
      name: db.DB_NAME,
      user: db.DB_USER,
      password: db.DB_PASSWORD,
      roots: roots("DB_ROOTS", db.DB_ROOTS),
    },
    redis: cache && {
      host: cache.REDIS_HOST,
      port: cache.REDIS_PORT,
      user: cache.REDIS_USER,
      password: cache.REDIS_PASSWORD,
      prefix: cache.REDIS_PREFIX,
      roots: roots("REDIS_ROOTS", cache.REDIS_ROOTS),
    },
    objectStore,
  };
  if (mistakes.length > 0 || !config) {
    throw new ConfigError(`The environment is not right:\n${mistakes.map((line) => `  ${line}`).join("\n")}`);
  }
  return config;
}

/** Every secret value of a configuration, for scrubbing messages. An access key's id is a name, not a secret. */
export function secretsOf(config: ProbeConfig): string[] {
  const store = config.objectStore;
  return [
    config.appKey,
    config.database?.password,
    config.redis?.password,
    store?.protocol === "s3" ? store.keys?.secretKey : undefined,
  ].filter((value) => value !== undefined);
}
