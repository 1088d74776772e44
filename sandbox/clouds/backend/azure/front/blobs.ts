/** The way into the containers: azurite looks at a token's audience and time, this at whose it is and what is open to it. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { owner, storageAudience } from "../names.ts";
import { bearer, readToken } from "../tokens.ts";
import type { State } from "./state.ts";

export interface BlobRequest {
  readonly account: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  /** `x-ms-copy-source`: a URL that the server itself reads. */
  readonly copySource: string | undefined;
}

/** A refusal as Blob Storage words it: status, code, sentence. Undefined: the request may pass. */
export type BlobRefusal = { readonly status: number; readonly code: string; readonly message: string };

function containerOf(account: string, url: URL): string | undefined {
  const [, first = ""] = url.pathname.split("/");
  return /^(\$root|[a-z0-9][a-z0-9-]{2,62})$/.test(first) ? `${account}/${first}` : undefined;
}

function opened(account: string, source: string, allowed: readonly string[]): boolean {
  if (!URL.canParse(source)) return false;
  const url = new URL(source);
  const [host = ""] = url.hostname.split(".");
  return host === account && allowed.includes(containerOf(account, url) ?? "");
}

/** Why a request is refused. Only the containers of its own roles are open to an identity, and nothing of the account. */
export function refuseBlob(
  state: State,
  key: string,
  asked: BlobRequest,
  now: number,
): BlobRefusal | undefined {
  const { account, url, authorization, copySource } = asked;
  if (authorization === undefined)
    return {
      status: 401,
      code: "NoAuthenticationInformation",
      message: "Server failed to authenticate the request.",
    };
  const who = readToken(key, bearer(authorization) ?? "", storageAudience, now);
  if (who === undefined)
    return {
      status: 401,
      code: "InvalidAuthenticationInfo",
      message: "Server failed to authenticate the request.",
    };
  if (who === owner) return undefined;
  const mismatch = {
    status: 403,
    code: "AuthorizationPermissionMismatch",
    message: "This request is not authorized to perform this operation using this permission.",
  };
  const allowed = state.now.directory.identities
    .filter(({ principal }) => principal === who)
    .flatMap(({ buckets }) => buckets);
  const container = containerOf(account, url);
  // A batch says in its body what it is about, which is not looked at here.
  if (container === undefined || !allowed.includes(container) || url.searchParams.get("comp") === "batch")
    return mismatch;
  if (copySource !== undefined && !opened(account, copySource, allowed)) return mismatch;
  return undefined;
}

const agent = new Agent({ keepAlive: true });

/** Hands a request on to azurite as it came, under the same host name. */
export function forward(
  port: number,
  host: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const passed = httpsRequest(
    {
      host: "127.0.0.1",
      port,
      servername: host,
      ca: readFileSync("/tls/ca.crt"),
      agent,
      method: request.method,
      path,
      headers: { ...request.headers, host },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  passed.on("error", (error) => {
    console.error(`${request.method} ${path}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  request.pipe(passed);
}

export function sendRefusal(response: ServerResponse, { status, code, message }: BlobRefusal): void {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml", "x-ms-error-code": code });
  response.end(body);
}
