/**
 * A Kubernetes client of the size a stand-in needs: JSON requests and watches over one keep-alive agent.
 * The full client library costs 130 MB of resident memory in each process (75 MB bundled), three times what the
 * controllers need for their work; nothing outside this folder uses this one.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { parse } from "yaml";
import { z } from "zod";

/** How to reach and convince an API server. `token` is read at each request, since projected tokens rotate. */
export interface KubeAccess {
  readonly server: string;
  readonly ca: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: () => string;
}

/** An answer with a status of 400 or more; `reason` is the API's own word (`NotFound`, `Conflict`, ...). */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "KubeError";
    this.status = status;
    this.reason = reason;
  }
}

/** `true` for an error that carries this HTTP status. */
export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof KubeError && error.status === status;
}

export type PatchType = "merge-patch" | "apply-patch" | "json-patch";

export interface KubeClient {
  /** Sends JSON, answers parsed JSON. Throws `KubeError` for an error status. */
  request(method: string, path: string, body?: unknown, patch?: PatchType): Promise<unknown>;
  /** Calls `line` with each JSON document of a watch; resolves when the server ends it. */
  stream(path: string, line: (event: unknown) => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

const kubeconfigSchema = z.object({
  "current-context": z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        "certificate-authority": z.string().optional(),
        "certificate-authority-data": z.string().optional(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().optional(),
        "client-certificate": z.string().optional(),
        "client-certificate-data": z.string().optional(),
        "client-key": z.string().optional(),
        "client-key-data": z.string().optional(),
      }),
    }),
  ),
});

function inline(data: string | undefined, file: string | undefined): string | undefined {
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

/** Access by the current context of a kubeconfig file. Throws when it names a context, cluster or user it lacks. */
export function accessFromKubeconfig(file: string): KubeAccess {
  const config = kubeconfigSchema.parse(parse(readFileSync(file, "utf8")));
  const current = config["current-context"];
  const context = config.contexts.find((c) => c.name === current)?.context;
  const cluster = config.clusters.find((c) => c.name === context?.cluster)?.cluster;
  const user = config.users.find((u) => u.name === context?.user)?.user;
  if (cluster === undefined || user === undefined) {
    throw new Error(`${file}: context "${current}" names no cluster or user of the file; write it anew`);
  }
  const ca = inline(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  if (ca === undefined)
    throw new Error(`${file}: cluster of "${current}" has no certificate authority; give it one`);
  const certificate = inline(user["client-certificate-data"], user["client-certificate"]);
  const key = inline(user["client-key-data"], user["client-key"]);
  const token = user.token;
  return {
    server: cluster.server,
    ca,
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token: () => token }),
  };
}

/** Access by the service account that Kubernetes mounts into a pod. */
export function accessFromPod(env: NodeJS.ProcessEnv): KubeAccess {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const host = env.KUBERNETES_SERVICE_HOST;
  if (host === undefined)
    throw new Error("KUBERNETES_SERVICE_HOST is unset: not in a pod; give --kubeconfig <file>");
  return {
    server: `https://${host}:${env.KUBERNETES_SERVICE_PORT ?? "443"}`,
    ca: readFileSync(`${folder}/ca.crt`, "utf8"),
    token: () => readFileSync(`${folder}/token`, "utf8").trim(),
  };
}

const statusSchema = z.object({ reason: z.string().default("Unknown"), message: z.string().default("") });

async function text(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString("utf8");
}

async function failure(response: IncomingMessage, what: string): Promise<KubeError> {
  const body = await text(response);
  const status = response.statusCode ?? 0;
  let reason = "Unknown";
  let message = body;
  try {
    ({ reason, message } = statusSchema.parse(JSON.parse(body)));
  } catch {
    // Not a Status object (a proxy's page, plain text): the body itself is the message.
  }
  return new KubeError(status, reason, `${what}: ${status} ${message}`);
}

/** A client for one API server. Holds one agent; `close` ends its idle connections. */
export function kubeClient(access: KubeAccess): KubeClient {
  const agent = new Agent({ keepAlive: true, ca: access.ca, cert: access.certificate, key: access.key });

  function open(method: string, path: string, body: string | undefined, type: string, signal?: AbortSignal) {
    return new Promise<IncomingMessage>((resolve, reject) => {
      const headers: Record<string, string> = { accept: "application/json" };
      if (access.token !== undefined) headers.authorization = `Bearer ${access.token()}`;
      if (body !== undefined) {
        headers["content-type"] = type;
        headers["content-length"] = String(Buffer.byteLength(body));
      }
      const options = { method, agent, headers, ...(signal === undefined ? {} : { signal }) };
      const request = httpsRequest(new URL(path, access.server), options, resolve);
      request.on("error", reject);
      request.setTimeout(signal === undefined ? 30_000 : 400_000, () => {
        request.destroy(new Error(`${method} ${path}: no answer in time`));
      });
      request.end(body);
    });
  }

  return {
    async request(method, path, body, patch) {
      const type =
        patch === undefined
          ? "application/json"
          : `application/${patch}${patch === "apply-patch" ? "+yaml" : "+json"}`;
      const response = await open(method, path, body === undefined ? undefined : JSON.stringify(body), type);
      if ((response.statusCode ?? 0) >= 400) throw await failure(response, `${method} ${path}`);
      const answer = await text(response);
      return answer === "" ? undefined : JSON.parse(answer);
    },
    async stream(path, line, signal) {
      const response = await open("GET", path, undefined, "", signal);
      if ((response.statusCode ?? 0) >= 400) throw await failure(response, `watch ${path}`);
      response.setEncoding("utf8");
      let rest = "";
      for await (const part of response) {
        const lines = (rest + String(part)).split("\n");
        rest = lines.pop() ?? "";
        for (const one of lines) if (one !== "") line(JSON.parse(one));
      }
    },
    close: () => agent.destroy(),
  };
}
