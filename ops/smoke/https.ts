import type { IncomingHttpHeaders } from "node:http";
import { type Agent, request } from "node:https";
import type { LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";

/** One HTTPS call to a tenant's host name at the edge's address; names are never looked up. */
export interface Call {
  /** IP address that the host name stands for. */
  readonly address: string;
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  /** PEM text of the only authority that is trusted. */
  readonly ca: string;
  readonly user?: string;
  readonly password?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; 15 000 by default. */
  readonly timeout?: number;
  readonly agent?: Agent;
}

/** The answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Subject alternative names of the certificate that was verified. */
  readonly names: string;
}

/** A `lookup` that knows one address only. */
export function pinned(address: string): LookupFunction {
  return (_host, options, done) => {
    const family = address.includes(":") ? 6 : 4;
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

/** Makes the call. Rejects when there is no answer: no connection, a certificate that does not verify, a time-out. */
export function call(options: Call): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers: Record<string, string> = { ...options.headers };
  if (options.user !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${options.user}:${options.password ?? ""}`).toString("base64")}`;
  }
  if (options.body !== undefined) headers["content-length"] = String(options.body.length);
  const outgoing = request(
    {
      host: options.host,
      servername: options.host,
      port: 443,
      path: options.path,
      method: options.method ?? "GET",
      headers,
      ca: options.ca,
      rejectUnauthorized: true,
      lookup: pinned(options.address),
      agent: options.agent ?? false,
      signal: AbortSignal.timeout(options.timeout ?? 15_000),
    },
    (incoming) => {
      const parts: Buffer[] = [];
      const socket = incoming.socket;
      const names = isTls(socket) ? (socket.getPeerCertificate().subjectaltname ?? "") : "";
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(parts),
          names,
        }),
      );
    },
  );
  outgoing.on("error", reject);
  outgoing.end(options.body);
  return promise;
}

function isTls(socket: object): socket is TLSSocket {
  return "getPeerCertificate" in socket;
}
