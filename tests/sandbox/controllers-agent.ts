/**
 * What runs in the test pods: servers to be reached, and on request a client that says what it could reach.
 * Ports: 8080 HTTP and websocket echo, 9090 HTTP, 4242 TCP echo, 7000 orders (reached from the node, which no policy
 * keeps out).
 */
import { Resolver } from "node:dns/promises";
import { createServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import { z } from "zod";

const name = process.env.POD ?? "pod";

function web(port: number) {
  const server = createServer(async (request, response) => {
    let bytes = 0;
    for await (const part of request) bytes += part.length;
    const { url, headers } = request;
    response.setHeader("content-type", "application/json");
    response.setHeader("x-pod", name);
    response.end(JSON.stringify({ pod: name, port, url, headers, bytes }));
  });
  server.listen(port);
  return server;
}
const main = web(8080);
web(9090);
new WebSocketServer({ server: main }).on("connection", (socket) => {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
createTcpServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
}).listen(4242);

const order = z.object({ host: z.string(), port: z.int().default(0), timeout: z.int().default(1500) });

/** `open`, `refused`, `timeout` or the error's code. */
function reach(host: string, port: number, timeout: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const end = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end("open"));
    socket.once("timeout", () => end("timeout"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ECONNREFUSED" ? "refused" : (error.code ?? "error")),
    );
  });
}

let held: Socket | undefined;
let heldState = "none";

/** A connection that stays, with a byte to and fro every 50 ms. */
function hold(host: string, port: number): Promise<string> {
  held?.destroy();
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1500 });
    held = socket;
    const beat = setInterval(() => socket.write("."), 50);
    socket.on("data", () => {
      heldState = "alive";
      resolve(heldState);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      heldState = `cut ${error.code}`;
      clearInterval(beat);
      resolve(heldState);
    });
    socket.on("close", () => clearInterval(beat));
  });
}

async function resolveName(host: string): Promise<string> {
  const resolver = new Resolver({ timeout: 800, tries: 1 });
  resolver.setServers(["10.96.0.10"]);
  try {
    return (await resolver.resolve4(host)).join(",");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "error";
  }
}

async function obey(path: string, request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += String(part);
  const { host, port, timeout } = order.parse(JSON.parse(body));
  if (path === "/reach") return reach(host, port, timeout);
  if (path === "/hold") return hold(host, port);
  if (path === "/held") return heldState;
  if (path === "/resolve") return resolveName(host);
  throw new Error(`unknown order ${path}`);
}

createServer((request, response) => {
  if (request.url === "/ready") {
    response.end("ok");
    return;
  }
  obey(request.url ?? "", request).then(
    (answer) => response.end(answer),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(7000);

// As the charts' applications do: serve on until the cluster has stopped sending, then end what is under way.
process.on("SIGTERM", () => {
  setTimeout(
    () => {
      main.close(() => process.exit(0));
      main.closeIdleConnections();
    },
    Number(process.env.DRAIN_MS ?? 3000),
  );
});
