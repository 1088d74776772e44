/**
 * A client in the cluster's network namespace: one JSON order a line on standard input, one JSON answer a line on
 * standard output, with the order's number.
 */
import { type Agent as HttpAgent, request as httpRequest } from "node:http";
import { connect as http2Connect } from "node:http2";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import { connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import { z } from "zod";

const common = { address: z.string(), port: z.int(), ca: z.string().optional() };
const fetchOrder = z.object({
  kind: z.literal("fetch"),
  ...common,
  tls: z.boolean(),
  host: z.string(),
  /** The name in the handshake; by default the host, empty for none. */
  sni: z.string().optional(),
  path: z.string().default("/"),
  method: z.string().default("GET"),
  /** Size of the body to send. */
  bytes: z.int().default(0),
});
const orders = z.discriminatedUnion("kind", [
  fetchOrder,
  /** An order to an agent, with its answer in `body`. */
  z.object({ kind: z.literal("order"), address: z.string(), path: z.string(), content: z.unknown() }),
  z.object({ kind: z.literal("http2"), ...common, host: z.string() }),
  z.object({ kind: z.literal("websocket"), ...common, host: z.string(), message: z.string() }),
  z.object({ kind: z.literal("tls"), ...common, sni: z.string().optional(), message: z.string() }),
  z.object({
    kind: z.literal("load"),
    ...common,
    host: z.string(),
    ms: z.int(),
    keepAlive: z.boolean(),
    clients: z.int(),
  }),
]);
type Order<K> = Extract<z.infer<typeof orders>, { kind: K }>;

/** Answers of any order; `error` holds an error's code. */
export interface Answer {
  error?: string;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Subject alternative names of the certificate shown. */
  names?: string;
  reply?: string;
  requests?: number;
  failures?: string[];
  pods?: string[];
}

const certificateNames = (socket: unknown): string => {
  const parsed = z.object({ subjectaltname: z.string() }).safeParse(socket);
  return parsed.success ? parsed.data.subjectaltname : "";
};

function fetchOnce(order: z.input<typeof fetchOrder>, agent?: HttpAgent | HttpsAgent): Promise<Answer> {
  const { address, port, ca, tls, host, sni, path, method, bytes } = fetchOrder.parse(order);
  return new Promise((resolve) => {
    const options = {
      host: address,
      port,
      path,
      method,
      agent: agent ?? false,
      timeout: 10_000,
      headers: { host, ...(bytes > 0 ? { "content-length": bytes } : {}) },
    };
    const trust = ca === undefined ? {} : { ca };
    const anyName = sni === undefined ? {} : { checkServerIdentity: () => undefined };
    const secure = { ...options, ...trust, ...anyName, servername: sni ?? host };
    const asked = tls ? httpsRequest(secure) : httpRequest(options);
    asked.on("response", (response) => {
      let body = "";
      const { socket } = response;
      const names =
        "getPeerCertificate" in socket && typeof socket.getPeerCertificate === "function"
          ? certificateNames(socket.getPeerCertificate())
          : "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
      });
      response.on("error", (error) => resolve({ error: error.message }));
      response.on("end", () => {
        const headers = Object.fromEntries(Object.entries(response.headers).map(([k, v]) => [k, String(v)]));
        resolve({ status: response.statusCode ?? 0, headers, body, names });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ error: `${error.code ?? ""} ${error.message}` }),
    );
    const chunk = Buffer.alloc(65536, 120);
    let left = bytes;
    const more = () => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        if (!asked.write(part)) {
          asked.once("drain", more);
          return;
        }
      }
      asked.end();
    };
    more();
  });
}

function command({ address, path, content }: Order<"order">): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = httpRequest({
      host: address,
      port: 7000,
      path,
      method: "POST",
      agent: false,
      timeout: 10_000,
    });
    asked.on("response", async (response) => {
      let body = "";
      for await (const part of response) body += String(part);
      resolve({ status: response.statusCode ?? 0, body });
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error) => resolve({ error: error.message }));
    asked.end(JSON.stringify(content));
  });
}

function http2({ address, port, ca, host }: Order<"http2">): Promise<Answer> {
  return new Promise((resolve) => {
    const session = http2Connect(`https://${address}:${port}`, {
      ...(ca === undefined ? {} : { ca }),
      servername: host,
    });
    session.on("error", (error) => resolve({ error: error.message }));
    const stream = session.request({ ":path": "/", ":authority": host });
    let body = "";
    let status = 0;
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (part) => {
      body += String(part);
    });
    stream.on("end", () => {
      session.close();
      resolve({ status, body });
    });
    stream.end();
  });
}

function websocket({ address, port, ca, host, message }: Order<"websocket">): Promise<Answer> {
  return new Promise((resolve) => {
    // Handed on to the TLS connection, though the types of ws do not say so.
    const secure = { ...(ca === undefined ? {} : { ca }), servername: host, headers: { host } };
    const socket = new WebSocket(`wss://${address}:${port}/app/`, secure);
    socket.on("open", () => socket.send(message));
    socket.on("message", (data) => {
      resolve({ reply: String(data) });
      socket.close();
    });
    socket.on("error", (error) => resolve({ error: error.message }));
  });
}

/** Trusts `ca` and, as dcmtk, asks for no name unless `sni` is given. */
function tlsEcho({ address, port, ca, sni, message }: Order<"tls">): Promise<Answer> {
  return new Promise((resolve) => {
    const name = sni === undefined ? {} : { servername: sni };
    const trust = ca === undefined ? {} : { ca };
    const socket = tlsConnect({
      host: address,
      port,
      ...trust,
      ...name,
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(5000);
    socket.on("secureConnect", () => socket.write(message));
    socket.on("data", (data) => {
      resolve({ reply: String(data), names: certificateNames(socket.getPeerCertificate()) });
      socket.destroy();
    });
    socket.on("timeout", () => resolve({ error: "timeout" }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ error: `${error.code ?? ""} ${error.message}` }),
    );
  });
}

async function load({ address, port, ca, host, ms, keepAlive, clients }: Order<"load">): Promise<Answer> {
  const end = Date.now() + ms;
  const failures: string[] = [];
  const pods = new Set<string>();
  let requests = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, i) => {
      const agent = new HttpsAgent({ keepAlive, maxSockets: 1 });
      while (Date.now() < end) {
        const method = (i + requests) % 2 === 0 ? "GET" : "POST";
        const asked = {
          kind: "fetch" as const,
          address,
          port,
          ca,
          tls: true,
          host,
          method,
          bytes: method === "POST" ? 1000 : 0,
        };
        const answer = await fetchOnce(asked, agent);
        requests += 1;
        if (answer.status === 200) pods.add(answer.headers?.["x-pod"] ?? "");
        else failures.push(`${new Date().toISOString()} ${method} ${answer.status ?? answer.error}`);
      }
      agent.destroy();
    }),
  );
  return { requests, failures, pods: [...pods] };
}

function obey(order: z.infer<typeof orders>): Promise<Answer> {
  if (order.kind === "fetch") return fetchOnce(order);
  if (order.kind === "order") return command(order);
  if (order.kind === "http2") return http2(order);
  if (order.kind === "websocket") return websocket(order);
  if (order.kind === "tls") return tlsEcho(order);
  return load(order);
}

/** An order as a caller writes it. */
export type OrderInput = z.input<typeof orders>;

const numbered = z.object({ id: z.int(), order: orders });
if (process.argv[1] === import.meta.filename) {
  createInterface(process.stdin).on("line", async (line) => {
    const { id, order } = numbered.parse(JSON.parse(line));
    console.log(JSON.stringify({ id, answer: await obey(order) }));
  });
}
