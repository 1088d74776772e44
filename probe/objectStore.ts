/** An S3 bucket, always with the certificate and the host name verified. */
import { Agent } from "node:https";
import { text } from "node:stream/consumers";
import { Client, S3Error } from "minio";
import type { ServiceSession } from "./check.ts";
import type { ObjectStoreSettings } from "./config.ts";
import type { TlsReport } from "./report.ts";
import { tlsReport } from "./tls.ts";

/** Remembers its last socket, so that one can say how it was secured. */
class WatchedAgent extends Agent {
  #report: TlsReport | null = null;

  override createConnection(
    ...args: Parameters<Agent["createConnection"]>
  ): ReturnType<Agent["createConnection"]> {
    const socket = super.createConnection(...args);
    // Read at once: a closed socket no longer knows its peer's certificate.
    socket?.once("secureConnect", () => {
      this.#report = tlsReport(socket);
    });
    return socket;
  }

  get report(): TlsReport | null {
    return this.#report;
  }
}

/** One check's session. The bucket must be there already. */
export async function openObjectStore(settings: ObjectStoreSettings): Promise<ServiceSession> {
  const agent = new WatchedAgent({
    ...(settings.roots ? { ca: settings.roots } : {}),
    rejectUnauthorized: true,
    keepAlive: true,
    maxCachedSessions: 0,
  });
  const client = new Client({
    endPoint: settings.host,
    port: settings.port,
    useSSL: true,
    region: settings.region,
    pathStyle: settings.pathStyle,
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    transportAgent: agent,
    retryOptions: { disableRetry: true },
  });
  const key = (id: string): string => `portolan-probe/${id}`;
  return {
    async write(id, value) {
      await client.putObject(settings.bucket, key(id), value);
    },
    async read(id) {
      try {
        return await text(await client.getObject(settings.bucket, key(id)));
      } catch (error) {
        if (error instanceof S3Error && error.code === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async remove(id) {
      await client.removeObject(settings.bucket, key(id));
    },
    tls: () => agent.report,
    close: () => agent.destroy(),
  };
}
