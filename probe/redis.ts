/** Redis or Valkey, always with the certificate and the host name verified. */
import { Redis } from "ioredis";
import type { ServiceSession } from "./check.ts";
import type { RedisSettings } from "./config.ts";
import { tlsReport } from "./tls.ts";

function optionsOf(settings: RedisSettings) {
  return {
    host: settings.host,
    port: settings.port,
    ...(settings.user ? { username: settings.user } : {}),
    password: settings.password,
    lazyConnect: true,
    // Asks INFO, which a user that is limited to its own keys may not.
    enableReadyCheck: false,
    // Names the server for SNI, and so for the check of the certificate's names.
    tls: {
      ...(settings.roots ? { ca: settings.roots } : {}),
      servername: settings.host,
      rejectUnauthorized: true,
    },
  };
}

/** One check's session, on a connection of its own. */
export async function openRedis(settings: RedisSettings, timeoutMs: number): Promise<ServiceSession> {
  let reason: Error | undefined;
  const client = new Redis({
    ...optionsOf(settings),
    connectTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // The promise of `connect` only says "closed"; the event says why.
  client.on("error", (error: Error) => {
    reason ??= error;
  });
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
  const key = (id: string): string => `${settings.prefix}${id}`;
  return {
    async write(id, value) {
      await client.set(key(id), value, "EX", 60);
    },
    async read(id) {
      return (await client.get(key(id))) ?? undefined;
    },
    async remove(id) {
      await client.del(key(id));
    },
    async keep(id, value) {
      await client.set(key(id), value, "NX");
    },
    tls: () => tlsReport(client.stream),
    close: () => client.disconnect(),
  };
}

/**
 * A connection that lasts and comes back by itself. `onError` hears of every failure. Commands fail at once while it is
 * away, except on a `blocking` one, whose caller waits anyway.
 */
export function lastingRedis(
  settings: RedisSettings,
  onError: (error: Error) => void,
  blocking = false,
): Redis {
  const client = new Redis({
    ...optionsOf(settings),
    connectTimeout: 5000,
    ...(blocking ? { maxRetriesPerRequest: null } : { maxRetriesPerRequest: 1, commandTimeout: 5000 }),
    retryStrategy: (times) => Math.min(200 * times, 2000),
  });
  client.on("error", onError);
  return client;
}
