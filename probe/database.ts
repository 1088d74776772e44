/** PostgreSQL, always with the certificate and the host name verified. */
import pg from "pg";
import type { ServiceSession } from "./check.ts";
import type { DatabaseSettings } from "./config.ts";
import { tlsReport } from "./tls.ts";

/** A client that is connected. The caller ends it. */
export async function connectDatabase(settings: DatabaseSettings, timeoutMs: number): Promise<pg.Client> {
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    database: settings.name,
    user: settings.user,
    password: settings.password,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: "portolan-probe",
    ssl: { ca: settings.roots, rejectUnauthorized: true },
  });
  // A connection that breaks while idle would otherwise end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** One check's session. The table is made by the migration. */
export async function openDatabase(settings: DatabaseSettings, timeoutMs: number): Promise<ServiceSession> {
  const client = await connectDatabase(settings, timeoutMs);
  return {
    async write(id, value) {
      await client.query("insert into probe_check (id, value) values ($1, $2)", [id, value]);
    },
    async read(id) {
      const found = await client.query<{ value: string }>("select value from probe_check where id = $1", [
        id,
      ]);
      return found.rows[0]?.value;
    },
    async remove(id) {
      await client.query("delete from probe_check where id = $1", [id]);
    },
    async keep(id, value) {
      await client.query("insert into probe_check (id, value) values ($1, $2) on conflict (id) do nothing", [
        id,
        value,
      ]);
    },
    tls: () => tlsReport(socketOf(client)),
    close: () => void client.end().catch(() => undefined),
  };
}

/** The types do not name the client's connection; what is found there is looked at before it is used. */
function socketOf(client: pg.Client): unknown {
  const connection: unknown = Reflect.get(client, "connection");
  return typeof connection === "object" && connection !== null
    ? Reflect.get(connection, "stream")
    : undefined;
}
