/** Object stores of each protocol, and what gives a pod its identity: real TLS, and as much of each as a check asks. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Fake, type Identity, listening } from "./probe-fakes.ts";

/** What the identity endpoints hand out, and the stores admit. */
export const tokens = {
  s3: { accessKey: "POD-ACCESS", secretKey: "pod-secret-key", session: "pod-session" },
  gcs: "gcs-pod-token",
  azure: "azure-pod-token",
} as const;

interface Ask {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const read = async (request: IncomingMessage): Promise<Ask> => ({
  method: request.method ?? "",
  url: new URL(request.url ?? "/", "https://fake"),
  headers: request.headers,
  body: await text(request),
});

function secure(tls: Identity, answer: (ask: Ask) => Answer): Promise<Fake> {
  const server = createHttps({ cert: tls.cert, key: tls.key }, async (request, response) => {
    const { status, headers = {}, body } = answer(await read(request));
    response.writeHead(status, headers).end(body);
  });
  return listening(server);
}

/** Objects by path. Signatures are not looked at: with `pod`, the key's id and the session's token are. */
export function fakeS3(tls: Identity, pod = false): Promise<Fake> {
  const objects = new Map<string, string>();
  return secure(tls, ({ method, url, headers, body }) => {
    const admitted =
      headers["x-amz-security-token"] === tokens.s3.session &&
      headers.authorization?.includes(`Credential=${tokens.s3.accessKey}/`);
    const refused = "<Error><Code>AccessDenied</Code><Message>not this one</Message></Error>";
    if (pod && !admitted) return { status: 403, body: refused };
    if (method === "PUT") objects.set(url.pathname, body);
    if (method === "PUT") return { status: 200, headers: { etag: '"x"' } };
    if (method === "DELETE") objects.delete(url.pathname);
    if (method === "DELETE") return { status: 204 };
    const found = objects.get(url.pathname);
    return found === undefined
      ? { status: 404, body: "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>" }
      : { status: 200, headers: { etag: '"x"' }, body: found };
  });
}

/** The JSON API of one bucket, `bucket`. */
export function fakeGcs(tls: Identity): Promise<Fake> {
  const objects = new Map<string, string>();
  const object = "/storage/v1/b/bucket/o/";
  return secure(tls, ({ method, url, headers, body }) => {
    if (headers.authorization !== `Bearer ${tokens.gcs}`) return { status: 401, body: "who are you" };
    if (method === "POST" && url.pathname === "/upload/storage/v1/b/bucket/o") {
      objects.set(url.searchParams.get("name") ?? "", body);
      return { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
    }
    const name = decodeURIComponent(url.pathname.slice(object.length));
    const found = url.pathname.startsWith(object) ? objects.get(name) : undefined;
    if (found === undefined) return { status: 404, body: "gone" };
    if (method === "DELETE") objects.delete(name);
    return method === "DELETE" ? { status: 204 } : { status: 200, body: found };
  });
}

/** Blobs by path. */
export function fakeAzureBlob(tls: Identity): Promise<Fake> {
  const blobs = new Map<string, string>();
  return secure(tls, ({ method, url, headers, body }) => {
    if (headers.authorization !== `Bearer ${tokens.azure}`) return { status: 403 };
    if (method === "PUT") blobs.set(url.pathname, body);
    if (method === "PUT") return { status: 201, headers: { etag: '"x"' } };
    const found = blobs.get(url.pathname);
    if (found === undefined)
      return {
        status: 404,
        headers: { "x-ms-error-code": "BlobNotFound", "content-type": "application/xml" },
        body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>gone</Message></Error>`,
      };
    if (method === "DELETE") blobs.delete(url.pathname);
    if (method === "DELETE") return { status: 202 };
    const headersOf = { etag: '"x"', "content-length": `${Buffer.byteLength(found)}` };
    return { status: 200, headers: headersOf, body: found };
  });
}

export interface PodIdentity extends Fake {
  /** What clouds put into a pod's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** All three clouds' ways to give a pod its identity; each asks for what the real one asks for. */
export async function fakePodIdentity(tls: Identity): Promise<PodIdentity> {
  const folder = mkdtempSync(join(tmpdir(), "portolan-probe-"));
  const [awsToken, azureToken] = [join(folder, "aws"), join(folder, "azure")];
  writeFileSync(awsToken, "aws-projected-token");
  writeFileSync(azureToken, "azure-projected-token");
  const local = await listening(
    createHttp(async (request, response) => {
      const { status, headers = {}, body } = localAnswer(await read(request));
      response.writeHead(status, headers).end(body);
    }),
  );
  const authority = await secure(tls, (ask) => authorityAnswer(ask, `https://localhost:${authority.port}`));
  return {
    port: local.port,
    environment: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${local.port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: awsToken,
      GCE_METADATA_HOST: `127.0.0.1:${local.port}`,
      AZURE_CLIENT_ID: "client",
      AZURE_TENANT_ID: "tenant",
      AZURE_FEDERATED_TOKEN_FILE: azureToken,
      AZURE_AUTHORITY_HOST: `https://localhost:${authority.port}/`,
    },
    close() {
      local.close();
      authority.close();
    },
  };
}

function localAnswer({ url, headers }: Ask): Answer {
  if (url.pathname === "/v1/credentials") {
    if (headers.authorization !== "aws-projected-token") return { status: 401, body: "{}" };
    const { accessKey, secretKey, session } = tokens.s3;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    return json({ AccessKeyId: accessKey, SecretAccessKey: secretKey, Token: session, Expiration });
  }
  const isToken = url.pathname === "/computeMetadata/v1/instance/service-accounts/default/token";
  if (!isToken || headers["metadata-flavor"] !== "Google") return { status: 404 };
  const answer = json({ access_token: tokens.gcs, expires_in: 3600, token_type: "Bearer" });
  return { ...answer, headers: { ...answer.headers, "metadata-flavor": "Google" } };
}

function authorityAnswer({ method, url, body }: Ask, self: string): Answer {
  if (method === "GET" && url.pathname === "/tenant/v2.0/.well-known/openid-configuration") {
    const at = `${self}/tenant/oauth2/v2.0`;
    const endpoints = { token_endpoint: `${at}/token`, authorization_endpoint: `${at}/authorize` };
    return json({ ...endpoints, issuer: `${self}/tenant/v2.0`, jwks_uri: `${self}/keys` });
  }
  const given = new URLSearchParams(body);
  const right =
    url.pathname === "/tenant/oauth2/v2.0/token" &&
    given.get("client_id") === "client" &&
    given.get("client_assertion") === "azure-projected-token" &&
    given.get("scope")?.includes("https://storage.azure.com/.default");
  return right
    ? json({ token_type: "Bearer", expires_in: 3600, access_token: tokens.azure })
    : { ...json({ error: "invalid_client", error_description: "not this one" }), status: 401 };
}

function json(body: unknown): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
