import http from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import type { Plain, PlainBag } from "../rpc/values.ts";

const statusSchema = z.looseObject({
  message: z.string().default(""),
  reason: z.string().default(""),
  code: z.number().default(0),
});
const plain: z.ZodType<Plain> = z.json();
const plainBag: z.ZodType<PlainBag> = z.record(z.string(), plain);

/** An answer of the API server that is an error, e.g. reason `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

export type Request = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: PlainBag;
  contentType?: string;
  signal?: AbortSignal;
  /** Milliseconds without any traffic until the request fails; 32 s unless given, as in the real provider. */
  timeout?: number;
};

/** A connection to one API server. */
export class Client {
  readonly #config: KubeConfig;
  readonly #agents = new Map<string, https.Agent>();

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Sends a request and answers the object. @throws ApiError, or the error of the connection. */
  async request(request: Request): Promise<PlainBag> {
    const response = await this.#send(request);
    const text = await read(response);
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) return text === "" ? {} : plainBag.parse(JSON.parse(text));
    throw errorOf(code, text);
  }

  async #send({ method, path, query, body, contentType, signal, timeout = 32_000 }: Request) {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig names no cluster");
    const url = new URL(cluster.server.replace(/\/$/, "") + path);
    for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
    const options: https.RequestOptions = { method, headers: { accept: "application/json" } };
    await this.#config.applyToHTTPSOptions(options);
    options.timeout = timeout;
    if (signal !== undefined) options.signal = signal;
    options.agent = this.#agent(url, options);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    if (payload !== undefined) {
      options.headers = {
        ...options.headers,
        "content-type": contentType ?? "application/json",
        "content-length": Buffer.byteLength(payload),
      };
    }
    return exchange(url, options, payload);
  }

  /** One agent with live connections for each set of credentials. The one of the kubeconfig opens one a request. */
  #agent(
    url: URL,
    { ca, cert, key, rejectUnauthorized, servername, agent }: https.RequestOptions,
  ): http.Agent {
    if (url.protocol === "http:") return http.globalAgent;
    const inner: https.AgentOptions = agent instanceof https.Agent ? agent.options : {};
    const options: https.AgentOptions = {
      ca: ca ?? inner.ca,
      cert: cert ?? inner.cert,
      key: key ?? inner.key,
      rejectUnauthorized: rejectUnauthorized ?? inner.rejectUnauthorized ?? true,
      ...((servername ?? inner.servername) === undefined
        ? {}
        : { servername: servername ?? inner.servername }),
    };
    const identity = JSON.stringify([
      String(options.ca),
      String(options.cert),
      String(options.key),
      options.servername,
    ]);
    const known = this.#agents.get(identity);
    if (known !== undefined) return known;
    const made = new https.Agent({ ...options, keepAlive: true, maxSockets: 32 });
    this.#agents.set(identity, made);
    return made;
  }
}

/**
 * Sends once more when a kept connection turns out to be closed: the server ends idle ones, and may do so in the
 * moment in which a request is sent. Every request here may be sent twice.
 */
async function exchange(
  url: URL,
  options: https.RequestOptions,
  payload: string | undefined,
): Promise<http.IncomingMessage> {
  const once = (): Promise<http.IncomingMessage | "closed"> =>
    new Promise((resolve, reject) => {
      const send = (url.protocol === "http:" ? http : https).request(url, options, resolve);
      send.once("error", (error: NodeJS.ErrnoException) => {
        if (send.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) resolve("closed");
        else reject(error);
      });
      send.once("timeout", () =>
        send.destroy(new Error(`no answer from ${url.host} within ${(options.timeout ?? 0) / 1000} s`)),
      );
      send.end(payload);
    });
  // Each kept connection may be closed; a new one comes after the last of them.
  for (let tries = 0; tries < 40; tries++) {
    const response = await once();
    if (response !== "closed") return response;
  }
  throw new Error(`${url.host} closes every connection`);
}

async function read(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function errorOf(code: number, text: string): ApiError {
  try {
    const status = statusSchema.parse(JSON.parse(text));
    return new ApiError(code, status.reason, status.message || `HTTP ${code}`);
  } catch {
    return new ApiError(code, "", text.trim() || `HTTP ${code}`);
  }
}
