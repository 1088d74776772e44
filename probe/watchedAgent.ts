/** The connections of an object store's client: verified, and each telling how it was secured. */
import { Agent } from "node:https";
import type { TlsReport } from "./report.ts";
import { tlsReport } from "./tls.ts";

/** Remembers its last socket, so that one can say how it was secured. */
export class WatchedAgent extends Agent {
  #report: TlsReport | null = null;

  /** @param roots PEM certificates that the server's must come from; undefined: the system's */
  constructor(roots: string | undefined) {
    super({
      ...(roots ? { ca: roots } : {}),
      rejectUnauthorized: true,
      keepAlive: true,
      maxCachedSessions: 0,
    });
  }

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
