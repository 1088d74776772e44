/** What the probe is told: its environment, checked once at the start. */
import { readFileSync } from "node:fs";
import { z } from "zod";

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

export interface ObjectStoreSettings {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly bucket: string;
  readonly pathStyle: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly roots: Roots;
}

export interface ProbeConfig {
  readonly role: "web" | "worker" | "scheduler" | "migrate";
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
  ROLE: z.enum(["web", "worker", "scheduler", "migrate"]).default("web"),
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

const objectStore = z.object({
  S3_ENDPOINT: z.url({ protocol: /^https$/ }).optional(),
  S3_REGION: text,
  S3_BUCKET: text,
  S3_FORCE_PATH_STYLE: flag.default(true),
  S3_ACCESS_KEY: text,
  S3_SECRET_KEY: text,
  S3_ROOTS: text.optional(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Every mistake of an environment, one a line. It names keys, never values: they may be secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the environment. A service is bound when its host (for S3 its bucket) is given; then all it needs must be.
 * An empty variable counts as one that is not there. Throws ConfigError.
 */
export function parseConfig(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): ProbeConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const mistakes: string[] = [];
  const parse = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> | undefined => {
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
  const store = given.S3_BUCKET ? parse(objectStore) : undefined;
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
    objectStore: store && {
      ...endpoint(store.S3_ENDPOINT, store.S3_REGION),
      region: store.S3_REGION,
      bucket: store.S3_BUCKET,
      pathStyle: store.S3_FORCE_PATH_STYLE,
      accessKey: store.S3_ACCESS_KEY,
      secretKey: store.S3_SECRET_KEY,
      roots: roots("S3_ROOTS", store.S3_ROOTS),
    },
  };
  if (mistakes.length > 0 || !config) {
    throw new ConfigError(`The environment is not right:\n${mistakes.map((line) => `  ${line}`).join("\n")}`);
  }
  return config;
}

/** Every secret value of a configuration, for scrubbing messages. An access key's id is a name, not a secret. */
export function secretsOf(config: ProbeConfig): string[] {
  return [
    config.appKey,
    config.database?.password,
    config.redis?.password,
    config.objectStore?.secretKey,
  ].filter((value) => value !== undefined);
}

function endpoint(url: string | undefined, region: string): { host: string; port: number } {
  const parsed = new URL(url ?? `https://s3.${region}.amazonaws.com`);
  return { host: parsed.hostname, port: parsed.port === "" ? 443 : Number(parsed.port) };
}
