/**
 * The program of image `sandbox/gcs:1`: fake-gcs-server behind a gate with TLS, which lets each account at the objects
 * of its own buckets and nobody else at anything. `OWNER` is the token of whoever makes the buckets; the certificate is
 * in /tls, everything else in /data.
 */
import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { json } from "node:stream/consumers";
import { z } from "zod";
import { accountOfToken } from "../agent/gcpTokens.ts";
import { askedOf, type GatePolicy, refusal } from "./policy.ts";

const inside = { host: "127.0.0.1", port: 4443 };
const file = "/data/gate.json";
const account = z.object({ secretKey: z.string().min(1), principal: z.string() });
const policySchema = z.object({
  accounts: z.record(z.string(), account),
  buckets: z.record(z.string(), z.array(z.string())),
});

let policy: GatePolicy = { accounts: {}, buckets: {} };
if (existsSync(file)) policy = policySchema.parse(JSON.parse(readFileSync(file, "utf8")));

function keep(changed: GatePolicy): void {
  writeFileSync(`${file}.part`, JSON.stringify(changed), { mode: 0o600 });
  renameSync(`${file}.part`, file);
  policy = changed;
}

function without<T>(bag: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(bag).filter(([name]) => name !== key));
}

/** An error in the form of Google's JSON interface. */
function refuse(response: ServerResponse, code: number, message: string): void {
  const reasons: Readonly<Record<number, string>> = { 401: "authError", 403: "forbidden", 404: "notFound" };
  const reason = reasons[code] ?? "backendError";
  const body = JSON.stringify({ error: { code, message, errors: [{ message, domain: "global", reason }] } });
  response.writeHead(code, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Accounts and buckets' users, as the cloud's API changes them: `PUT` and `DELETE /_portolan/{accounts,buckets}/NAME`. */
async function administrate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, what, encoded = ""] = /^\/_portolan\/(accounts|buckets)\/([^/]+)$/.exec(request.url ?? "") ?? [];
  const name = decodeURIComponent(encoded);
  if (what === undefined) return refuse(response, 404, `${request.url} is nothing that the gate knows`);
  const put = request.method === "PUT";
  const accounts = without(policy.accounts, name);
  const buckets = without(policy.buckets, name);
  if (what === "accounts")
    keep({
      ...policy,
      accounts: put ? { ...accounts, [name]: account.parse(await json(request)) } : accounts,
    });
  else
    keep({
      ...policy,
      buckets: put ? { ...buckets, [name]: z.array(z.string()).parse(await json(request)) } : buckets,
    });
  response.writeHead(204).end();
}

const owner = process.env.OWNER ?? "";
if (owner === "") throw new Error("OWNER must be set: the token of whoever makes the buckets");

function isOwner(token: string): boolean {
  const [given, right] = [Buffer.from(token), Buffer.from(owner)];
  return given.length === right.length && timingSafeEqual(given, right);
}

function pass(request: IncomingMessage, response: ServerResponse): void {
  const { authorization: _, ...headers } = request.headers;
  const forward = httpRequest({ ...inside, method: request.method, path: request.url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forward.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else refuse(response, 503, error.message);
  });
  request.pipe(forward);
}

async function admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, token = ""] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const url = request.url ?? "/";
  if (isOwner(token))
    return url.startsWith("/_portolan/") ? administrate(request, response) : pass(request, response);
  const accessKey = accountOfToken(token, (key) => policy.accounts[key]?.secretKey, Date.now());
  if (accessKey === undefined) {
    // Somebody without an account is nobody with a right: a token of Google's that opens nothing.
    return token.startsWith("ya29.NOBODY.")
      ? refuse(response, 403, "Caller does not have storage access: no bucket's policy names it.")
      : refuse(response, 401, "Invalid Credentials");
  }
  const why = refusal(policy, accessKey, askedOf(request.method ?? "GET", request.headers.host ?? "", url));
  return why === undefined ? pass(request, response) : refuse(response, 403, why);
}

mkdirSync("/data/objects", { recursive: true });
const store = spawn(
  "/usr/local/bin/fake-gcs-server",
  [
    "-scheme=http",
    `-host=${inside.host}`,
    `-port=${inside.port}`,
    "-backend=filesystem",
    "-filesystem-root=/data/objects",
    "-external-url=https://storage.googleapis.com",
    "-public-host=storage.googleapis.com",
    "-log-level=error",
  ],
  { stdio: "inherit" },
);
store.on("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => store.kill("SIGTERM"));

createServer(
  { cert: readFileSync("/tls/tls.crt"), key: readFileSync("/tls/tls.key") },
  (request, response) => {
    admit(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${request.method} ${request.url}: ${message}`);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, message);
    });
  },
).listen(443);
