/** The HTTP side of every role, and its orderly end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocketServer } from "ws";

export interface Answer {
  readonly status: number;
  /** Text is sent as HTML, everything else as JSON. */
  readonly body: unknown;
}

/** Answers one request. `body` reads at most 4 KiB. */
export type Handler = (request: { path: string; body: () => Promise<string> }) => Promise<Answer> | Answer;

/** By method and the path's first part or whole: "GET /up"; a route that ends in "/" takes all paths below it. */
export type Routes = Readonly<Record<string, Handler>>;

export interface ProbeServer {
  readonly port: number;
  /** Whether the end has begun. */
  stopping(): boolean;
  /**
   * Goes on serving for `drainMs` while load balancers look elsewhere, then takes no more, and resolves when every
   * answer under way is given.
   */
  stop(drainMs: number): Promise<void>;
}

const bodyLimit = 4096;

/** Starts listening. `echo` adds the websocket that sends every message back, on `/app` and below. */
export async function serve(options: { port: number; routes: Routes; echo: boolean }): Promise<ProbeServer> {
  let stopping = false;
  const server = createServer((request, response) => {
    void respond(options.routes, request, response, () => stopping);
  });
  // Longer than load balancers keep idle connections: they must be the ones to close.
  server.keepAliveTimeout = 75_000;
  const sockets = options.echo ? attachEcho(server) : undefined;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : options.port,
    stopping: () => stopping,
    async stop(drainMs) {
      stopping = true;
      await wait(drainMs);
      for (const socket of sockets?.clients ?? []) socket.close(1001, "going away");
      sockets?.close();
      await new Promise<void>((resolve) => {
        // A connection that was busy at the end of the drain may be idle afterwards, and kept.
        const sweep = setInterval(() => server.closeIdleConnections(), 100);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      });
    },
  };
}

async function respond(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  stopping: () => boolean,
): Promise<void> {
  let answer: Answer;
  try {
    const path = new URL(request.url ?? "/", "http://probe").pathname;
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
    const handler =
      routes[`${method} ${path}`] ?? routes[`${method} ${path.slice(0, path.lastIndexOf("/") + 1)}*`];
    answer = handler
      ? await handler({ path, body: () => readBody(request) })
      : { status: 404, body: { error: `nothing at ${method} ${path}` } };
  } catch (error) {
    answer =
      error instanceof BadRequest
        ? { status: error.status, body: { error: error.message } }
        : { status: 500, body: { error: "the probe failed to answer; see its log" } };
    if (answer.status === 500)
      console.error("request failed:", error instanceof Error ? error.message : error);
  }
  const html = typeof answer.body === "string";
  const text = typeof answer.body === "string" ? answer.body : `${JSON.stringify(answer.body, null, 2)}\n`;
  response.writeHead(answer.status, {
    "content-type": html ? "text/html; charset=utf-8" : "application/json",
    "cache-control": "no-store",
    // A client that kept its connection would meet a closed one after the drain.
    ...(stopping() ? { connection: "close" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** A request that the client must change. */
export class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > bodyLimit) throw new BadRequest(413, `a body has at most ${bodyLimit} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

function attachEcho(server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    socket.on("error", () => socket.terminate());
  });
  server.on("upgrade", (request, socket, head) => {
    const { pathname } = new URL(request.url ?? "/", "http://probe");
    if (pathname !== "/app" && !pathname.startsWith("/app/")) {
      socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });
  return sockets;
}
