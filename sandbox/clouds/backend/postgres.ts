/** Managed Postgres: a real server whose administrator is no superuser, as in every managed service. */
import { randomBytes } from "node:crypto";
import type { V1Secret } from "@kubernetes/client-node";
import pg from "pg";
import { imageRef } from "../../images/recipes.ts";
import type { CloudName, PostgresSpec } from "../core/backend.ts";
import { serverName } from "./naming.ts";
import { type CloudSpace, serverLabel } from "./objects.ts";
import { ensureServer, type Reached, removeServer, whenServing } from "./server.ts";

/** The cloud's own superuser, and the role that its customers' administrators are members of. */
export const postgresRoles: Readonly<Record<CloudName, { owner: string; admins: string }>> = {
  aws: { owner: "rdsadmin", admins: "rds_superuser" },
  azure: { owner: "azuresu", admins: "azure_pg_admin" },
  gcp: { owner: "cloudsqladmin", admins: "cloudsqlsuperuser" },
};

/** Settings of the server; nothing here has to outlive the machine, so it does not wait for the disk. */
const settings = [
  "listen_addresses=*",
  "unix_socket_directories=/tmp",
  "password_encryption=scram-sha-256",
  "ssl=on",
  "ssl_cert_file=/tls/tls.crt",
  "ssl_key_file=/tls/tls.key",
  "ssl_min_protocol_version=TLSv1.2",
  "shared_buffers=32MB",
  "max_connections=200",
  "dynamic_shared_memory_type=mmap",
  "fsync=off",
  "hba_file=/config/pg_hba.conf",
];

/** An `initdb` that was broken off must not look like a data folder: it is made aside and renamed when whole. */
const start = `set -eu
if [ ! -s /data/pg/PG_VERSION ]; then
  rm -rf /data/pg.new
  initdb --pgdata=/data/pg.new --username="$OWNER" --pwfile=/config/password --auth=scram-sha-256 \\
    --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions
  mv /data/pg.new /data/pg
fi
chmod 0700 /data/pg
exec postgres -D /data/pg ${settings.map((each) => `-c ${each}`).join(" ")}
`;

/** Who may come in: with TLS only, unless the instance allows otherwise. Exported for its test. */
export function hostRules(requireTls: boolean): string {
  const kind = requireTls ? "hostssl" : "host";
  return [
    `${kind} all all 0.0.0.0/0 scram-sha-256`,
    `${kind} all all ::/0 scram-sha-256`,
    "local all all scram-sha-256",
    "",
  ].join("\n");
}

/**
 * SQL that makes the administrator what the instance says, in order. Each statement may run again. The database is
 * apart (it cannot be made inside a block). Exported for its test.
 */
export function administratorSql(
  spec: Pick<PostgresSpec, "username" | "password">,
  admins: string,
): readonly string[] {
  const role = pg.escapeIdentifier(spec.username);
  const missing = (name: string, make: string) =>
    `do $$ begin if not exists (select from pg_roles where rolname = ${pg.escapeLiteral(name)}) then ${make}; end if; end $$`;
  return [
    missing(admins, `create role ${pg.escapeIdentifier(admins)} nologin`),
    `grant pg_monitor, pg_signal_backend to ${pg.escapeIdentifier(admins)}`,
    missing(spec.username, `create role ${role}`),
    `alter role ${role} login createdb createrole nosuperuser noreplication nobypassrls ` +
      `password ${pg.escapeLiteral(spec.password)}`,
    `grant ${pg.escapeIdentifier(admins)} to ${role} with admin option`,
  ];
}

/** Makes the instance, its administrator and its database; answers when the administrator can log in. */
export async function ensurePostgres(
  space: CloudSpace,
  kubeconfig: string,
  spec: PostgresSpec,
): Promise<void> {
  const name = serverName("pg", spec.id);
  const { owner, admins } = postgresRoles[space.cloud];
  const labels = { [serverLabel]: name };
  const kept = await space.secretOnce(
    `${name}-owner`,
    async () => ({ password: randomBytes(24).toString("base64url") }),
    labels,
  );
  const password = kept.password ?? "";
  const config: V1Secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: space.meta(`${name}-config`, labels),
    stringData: { password, "pg_hba.conf": hostRules(spec.requireTls) },
  };
  await space.apply(config);
  const reached = await ensureServer(space, kubeconfig, {
    name,
    image: imageRef("postgres"),
    hosts: [spec.host, ...(spec.names ?? [])],
    port: spec.port,
    user: 999,
    command: ["/bin/bash", "-c", start],
    env: [
      { name: "OWNER", value: owner },
      { name: "PGPORT", value: String(spec.port) },
      // Changed settings need a new pod, as they do a restart of the real thing.
      { name: "REQUIRE_TLS", value: String(spec.requireTls) },
    ],
    ready: { tcpSocket: { port: spec.port }, periodSeconds: 2 },
    memory: "384Mi",
    storage: "1Gi",
    mounts: [{ name: "config", mountPath: "/config", readOnly: true }],
    volumes: [{ name: "config", secret: { secretName: `${name}-config`, defaultMode: 0o440 } }],
  });
  const work = async (client: pg.Client) => {
    for (const statement of administratorSql(spec, admins)) await client.query(statement);
    if (spec.database !== undefined) await ensureDatabase(client, spec.database, spec.username);
  };
  await whenServing(space, name, () => connected(reached, owner, password, work));
  await whenServing(space, name, () => connected(reached, spec.username, spec.password, async () => {}));
}

async function ensureDatabase(client: pg.Client, database: string, owner: string): Promise<void> {
  const { rows } = await client.query("select from pg_database where datname = $1", [database]);
  if (rows.length > 0) return;
  const names = [database, owner].map((each) => pg.escapeIdentifier(each));
  await client.query(`create database ${names[0]} owner ${names[1]} template template0 encoding 'UTF8'`);
}

/** Works on one connection with its certificate and name verified, as everybody's is. */
async function connected(
  reached: Reached,
  user: string,
  password: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    host: reached.address,
    port: reached.port,
    user,
    password,
    database: "postgres",
    connectionTimeoutMillis: 5000,
    ssl: { ca: reached.caPem, servername: reached.host, rejectUnauthorized: true },
  });
  // A connection that ends while it idles tells so here, and would end the whole process otherwise.
  client.on("error", () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Removes the instance and its data. */
export function removePostgres(space: CloudSpace, kubeconfig: string, id: string): Promise<void> {
  return removeServer(space, kubeconfig, serverName("pg", id));
}
