/** Managed Redis: a real server behind TLS with users as the cloud's API was told of them. */
import { createHash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { Redis } from "ioredis";
import { imageRef } from "../../images/recipes.ts";
import type { CloudName, RedisSpec, RedisUser } from "../core/backend.ts";
import { serverName } from "./naming.ts";
import { type CloudSpace, serverLabel } from "./objects.ts";
import { ensureServer, type Reached, removeServer, whenServing } from "./server.ts";

/** The cloud's own user, by which its API changes the others. */
const owner = "cloud-owner";

/**
 * Commands that a managed service keeps to itself: they are missing there, and refused here.
 * aws: ElastiCache's user guide, "Restricted commands", and the ACL commands that change users.
 */
const changesUsers = ["acl|setuser", "acl|deluser", "acl|load", "acl|save"];
const keptBack: Readonly<Record<CloudName, readonly string[]>> = {
  aws: [
    "bgrewriteaof",
    "bgsave",
    "config",
    "debug",
    "migrate",
    "replicaof",
    "save",
    "slaveof",
    "shutdown",
    "sync",
    ...changesUsers,
  ],
  azure: ["config", "debug", "migrate", "replicaof", "slaveof", "shutdown", "sync", ...changesUsers],
  gcp: ["config|set", "debug", "migrate", "replicaof", "slaveof", "shutdown", "sync", ...changesUsers],
};

const start = `set -eu
[ -s /data/users.acl ] || { umask 077; cp /config/users.acl /data/users.acl; }
exec redis-server /config/redis.conf
`;

/** The server's settings; `maxmemory-policy` is also set while it runs, so that it needs no restart. */
export function redisConf({ policy, port }: Pick<RedisSpec, "policy" | "port">): string {
  return [
    "port 0",
    `tls-port ${port}`,
    "tls-cert-file /tls/tls.crt",
    "tls-key-file /tls/tls.key",
    "tls-ca-cert-file /tls/ca.crt",
    "tls-auth-clients no",
    'tls-protocols "TLSv1.2 TLSv1.3"',
    "bind * -::*",
    "dir /data",
    "aclfile /data/users.acl",
    "appendonly yes",
    "maxmemory 64mb",
    `maxmemory-policy ${policy}`,
    "",
  ].join("\n");
}

/**
 * The words after `ACL SETUSER` that make a user exactly this: access as given, then what the service keeps to itself.
 */
export function userRules(user: RedisUser, cloud: CloudName): readonly string[] {
  const access = user.access.split(/\s+/).filter((word) => word !== "");
  return [
    user.name,
    "reset",
    ...user.passwords.map((password) => `>${password}`),
    ...access,
    ...keptBack[cloud].map((command) => `-${command}`),
  ];
}

/**
 * The users a server has: those given. Without any, `default` with the password, or without one where there is none.
 * With some, `default` is closed unless it is among them.
 */
export function usersOf(spec: Pick<RedisSpec, "users" | "password">): readonly RedisUser[] {
  const open = { name: "default", access: "on ~* &* +@all" };
  if (spec.users.length === 0) {
    return spec.password === undefined
      ? [{ ...open, passwords: [], access: `${open.access} nopass` }]
      : [{ ...open, passwords: [spec.password] }];
  }
  const named = spec.users.some(({ name }) => name === "default");
  return named ? spec.users : [...spec.users, { name: "default", passwords: [], access: "off -@all" }];
}

/** Makes the server with its users and its policy; answers its address when all of them are in force. */
export async function ensureRedis(space: CloudSpace, kubeconfig: string, spec: RedisSpec): Promise<string> {
  const name = serverName("redis", spec.id);
  const labels = { [serverLabel]: name };
  const kept = await space.secretOnce(
    `${name}-owner`,
    async () => {
      const password = randomBytes(24).toString("base64url");
      const hash = createHash("sha256").update(password).digest("hex");
      const users = ["user default reset off", `user ${owner} reset on #${hash} ~* &* +@all`, ""];
      return { password, "users.acl": users.join("\n") };
    },
    labels,
  );
  const config: V1ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: space.meta(`${name}-config`, labels),
    data: { "redis.conf": redisConf(spec) },
  };
  await space.apply(config);
  const reached = await ensureServer(space, kubeconfig, {
    name,
    image: imageRef("redis"),
    hosts: [spec.host, ...(spec.names ?? [])],
    port: spec.port,
    user: 999,
    command: ["/bin/sh", "-c", start],
    ready: { tcpSocket: { port: spec.port }, periodSeconds: 2 },
    memory: "192Mi",
    storage: "1Gi",
    mounts: [{ name: "config", mountPath: "/config", readOnly: true }],
    volumes: [
      {
        name: "config",
        projected: {
          defaultMode: 0o440,
          sources: [
            { configMap: { name: `${name}-config` } },
            { secret: { name: `${name}-owner`, items: [{ key: "users.acl", path: "users.acl" }] } },
          ],
        },
      },
    ],
  });
  await whenServing(space, name, () => settle(reached, kept.password ?? "", spec, space.cloud));
  return reached.address;
}

async function settle(reached: Reached, password: string, spec: RedisSpec, cloud: CloudName): Promise<void> {
  const redis = new Redis({
    host: reached.address,
    port: reached.port,
    username: owner,
    password,
    // An address is no server name: without one, the certificate is checked for the address itself.
    tls: { ca: reached.caPem, ...(isIP(reached.host) === 0 ? { servername: reached.host } : {}) },
    lazyConnect: true,
    connectTimeout: 5000,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  // The failed connection is told by `connect` itself.
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.config("SET", "maxmemory-policy", spec.policy);
    const users = usersOf(spec);
    for (const user of users) await redis.call("ACL", "SETUSER", ...userRules(user, cloud));
    const kept = new Set([owner, ...users.map(({ name }) => name)]);
    const gone = (await redis.acl("USERS")).filter((name) => !kept.has(name));
    if (gone.length > 0) await redis.call("ACL", "DELUSER", ...gone);
    // Into the file on the claim: a new pod reads the users there.
    await redis.call("ACL", "SAVE");
  } finally {
    redis.disconnect();
  }
}

/** Removes the server and its data. */
export function removeRedis(space: CloudSpace, kubeconfig: string, id: string): Promise<void> {
  return removeServer(space, kubeconfig, serverName("redis", id));
}
