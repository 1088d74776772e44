/**
 * The program of image `sandbox/cloud:1`: what a cloud has on its nodes so that pods get keys.
 * `main.mjs --cloud aws --namespace cloud-aws --listen 169.254.170.23:80 --webhook 9441`
 * The webhook's certificate is in /tls.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { accessFromPod, kubeClient } from "../../../controllers/kube/client.ts";
import { awsAgent } from "./aws.ts";
import { azureAgent } from "./azure.ts";
import type { CloudAgent, HttpQuestion } from "./cloudAgent.ts";
import { gcpAgent } from "./gcp.ts";
import { admit } from "./webhook.ts";

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function question(request: IncomingMessage): HttpQuestion {
  const url = new URL(request.url ?? "/", "http://agent");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    authorization: request.headers.authorization,
    headers: Object.fromEntries(headers),
    address: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
  };
}

/** Runs `work`, and tells a caller whom it fails in the body and everybody else in the log. */
function answering(work: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    work(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${request.method} ${request.url}: ${message}`);
      if (!response.headersSent) send(response, 500, { message });
      else response.destroy();
    });
  };
}

function serve(agent: CloudAgent, host: string, port: number, webhookPort: number): void {
  createServer(
    answering(async (request, response) => {
      const { status, body, text: plain, headers = {} } = await agent.answer(question(request));
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (plain === undefined) send(response, status, body);
      else response.writeHead(status, { "content-type": "application/text" }).end(plain);
    }),
  ).listen(port, host);
  const tls = { cert: readFileSync("/tls/tls.crt"), key: readFileSync("/tls/tls.key") };
  createTlsServer(
    tls,
    answering(async (request, response) => {
      if (request.url === "/health") return send(response, 200, { ok: true });
      send(response, 200, await admit(agent, await json(request)));
    }),
  ).listen(webhookPort);
}

const text = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: { cloud: text, namespace: text, listen: text, webhook: text },
});
const agents = new Map([
  ["aws", awsAgent],
  ["azure", azureAgent],
  ["gcp", gcpAgent],
]);
const agentOf = agents.get(values.cloud);
if (agentOf === undefined)
  throw new Error(`--cloud "${values.cloud}": allowed are ${[...agents.keys()].join(", ")}`);
const [host = "", port = "80"] = values.listen.split(":");
const client = kubeClient(accessFromPod(process.env));
process.on("SIGTERM", () => process.exit(0));
serve(agentOf(client, values.namespace), host, Number(port), Number(values.webhook));
