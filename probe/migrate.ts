/** The migration: the probe's tables, and the canary of APP_KEY at the first run. */
import pRetry from "p-retry";
import type pg from "pg";
import { opensCanary, sealCanary } from "./canary.ts";
import type { DatabaseSettings, ProbeConfig } from "./config.ts";
import { connectDatabase } from "./database.ts";
import type { AppKeyReport } from "./report.ts";

const wrongKey = "APP_KEY is not the key that this database was first used with: restore that key";

/** Runs the migration; returns what it did, in a line. Safe to run again, also by several at once. */
export async function migrate(config: ProbeConfig): Promise<string> {
  if (config.failMigration) throw new Error("PROBE_FAIL_MIGRATION is true: failing as asked");
  if (!config.database) return "no database is bound: nothing to migrate";
  const client = await connectPatiently(config.database);
  try {
    await client.query("select pg_advisory_lock(hashtext('portolan-probe'))");
    await client.query(
      "create table if not exists probe_check (id text primary key, value text not null, at timestamptz not null default now())",
    );
    await client.query(
      "create table if not exists probe_canary (id int primary key check (id = 1), sealed text not null, at timestamptz not null default now())",
    );
    if (!config.appKey) return "tables are there; no APP_KEY is given, so there is no canary";
    const made = await client.query(
      "insert into probe_canary (id, sealed) values (1, $1) on conflict (id) do nothing",
      [sealCanary(config.appKey)],
    );
    const report = await readAppKey(client, config.appKey);
    if (!report.ok) throw new Error(report.error ?? wrongKey);
    return made.rowCount === 1
      ? "tables are there; canary made"
      : "tables are there; canary opens with APP_KEY";
  } finally {
    await client.end();
  }
}

/** Whether the canary in the database opens with the key. */
export async function checkAppKey(config: ProbeConfig, timeoutMs: number): Promise<AppKeyReport> {
  if (!config.database || !config.appKey) return { bound: false, ok: false, error: null };
  const client = await connectDatabase(config.database, timeoutMs);
  try {
    return await readAppKey(client, config.appKey);
  } finally {
    void client.end().catch(() => undefined);
  }
}

async function readAppKey(client: pg.Client, appKey: string): Promise<AppKeyReport> {
  const found = await client.query<{ sealed: string }>("select sealed from probe_canary where id = 1");
  const sealed = found.rows[0]?.sealed;
  if (sealed === undefined) {
    return { bound: true, ok: false, error: "there is no canary yet: run the migration with APP_KEY" };
  }
  const ok = opensCanary(appKey, sealed);
  return { bound: true, ok, error: ok ? null : wrongKey };
}

/** A new pod may be a second ahead of its name server and of its network policy. A wrong password is not tried again. */
async function connectPatiently(settings: DatabaseSettings): Promise<pg.Client> {
  const passing = new Set(["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENOTFOUND", "EAI_AGAIN", "57P03"]);
  return await pRetry(() => connectDatabase(settings, 5000), {
    retries: 8,
    minTimeout: 500,
    maxTimeout: 5000,
    shouldRetry: ({ error }) => "code" in error && typeof error.code === "string" && passing.has(error.code),
  });
}
