/**
 * The program behind a simulated Azure, in image `sandbox/cloud:1`: the directory's tokens, blob containers (azurite) and
 * vaults, by host name on port 443, and the vaults once more without TLS for a process on the node.
 * KEY: the backend's. Data in /data, certificate in /tls.
 */
import "./dirname.ts";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";
import configurationModule from "azurite/dist/src/blob/BlobConfiguration.js";
import serverModule from "azurite/dist/src/blob/BlobServer.js";
import { blobSuffix, controlPath, loginHost, operatorPort } from "../names.ts";
import type { Answer, Question } from "./answer.ts";
import { forward, refuseBlob, sendRefusal } from "./blobs.ts";
import { answerControl } from "./control.ts";
import { answerLogin } from "./entra.ts";
import { State } from "./state.ts";
import { answerVault } from "./vaults.ts";

const azuritePort = 10443;

/** Nobody has the keys: shared keys are off in what is simulated, and azurite itself cannot be reached. */
function nameAccounts(accounts: readonly string[]): void {
  const key = randomBytes(32).toString("base64");
  process.env.AZURITE_ACCOUNTS = accounts.map((name) => `${name}:${key}`).join(";");
}

async function startAzurite(accounts: readonly string[]) {
  mkdirSync("/data/blobs", { recursive: true });
  nameAccounts(accounts);
  const configuration = new configurationModule.default(
    "127.0.0.1",
    azuritePort,
    5,
    "/data/containers.json",
    "/data/extents.json",
    [{ locationId: "Default", locationPath: "/data/blobs", maxConcurrency: 20 }],
    false,
    undefined,
    false,
    undefined,
    false,
    true,
    "/tls/tls.crt",
    "/tls/tls.key",
    "",
    "basic",
  );
  const server = new serverModule.default(configuration);
  await server.start();
  return server;
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const json = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(json);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function answering(handler: Handler) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handler(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${request.method} ${request.url}: ${message}`);
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, body: { message } });
    });
  };
}

async function question(request: IncomingMessage, scheme: string): Promise<Question> {
  const host = request.headers.host ?? "";
  return {
    method: request.method ?? "GET",
    host,
    url: new URL(request.url ?? "/", `${scheme}://${host === "" ? "nobody" : host}`),
    authorization: request.headers.authorization,
    body: await text(request),
  };
}

async function main(): Promise<void> {
  const { KEY: key = "" } = process.env;
  if (key === "") throw new Error("KEY is unset: it is the backend's, by which tokens are signed");
  const state = new State("/data/state.json");
  const azurite = await startAzurite(state.now.accounts);
  const tls = { cert: readFileSync("/tls/tls.crt"), key: readFileSync("/tls/tls.key") };
  const front = answering(async (request, response) => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    if (host.endsWith(blobSuffix)) {
      const account = host.slice(0, -blobSuffix.length);
      // Normalised once: what is looked at is what is handed on.
      const url = new URL(request.url ?? "/", `https://${host}`);
      const copySource = request.headers["x-ms-copy-source"];
      const { authorization } = request.headers;
      const asked = { account, url, authorization, copySource: [copySource].flat()[0] };
      const refusal = refuseBlob(state, key, asked, Date.now());
      if (refusal !== undefined) return sendRefusal(response, refusal);
      return forward(azuritePort, host, `${url.pathname}${url.search}`, request, response);
    }
    const asked = await question(request, "https");
    if (asked.url.pathname.startsWith(`${controlPath}/`)) {
      const answer = answerControl(state, key, asked);
      // A new pod for each account would leave a moment in which no vault answers.
      nameAccounts(state.now.accounts);
      azurite.accountDataStore.refresh();
      return send(response, answer);
    }
    if (host === loginHost) return send(response, answerLogin(state, key, asked, Date.now()));
    return send(response, { status: 421, body: { message: `nothing is served under ${host}` } });
  });
  createTlsServer(tls, front).listen(443);
  const vaults = answering(async (request, response) => {
    send(response, answerVault(state, key, await question(request, "http"), Date.now()));
  });
  createServer(vaults).listen(operatorPort);
  // Its database is written now and then, and when it closes.
  process.on("SIGTERM", () => void azurite.close().finally(() => process.exit(0)));
}

await main();
