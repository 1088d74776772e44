/**
 * GKE's metadata server: a pod is told who it is by the address it asks from, and carries nothing.
 * Sources: GKE, "About Workload Identity Federation", and Compute Engine, "View and query VM metadata".
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { KubeClient } from "../../../controllers/kube/client.ts";
import { accountOf } from "./accounts.ts";
import type { CloudAgent, HttpAnswer, HttpQuestion } from "./cloudAgent.ts";
import { makeToken } from "./gcpTokens.ts";

/** The server's link-local address on every node, and its name. */
export const metadataAddress = "169.254.169.254";
export const metadataName = "metadata.google.internal";

/** How long a token is good: as long as Google's. */
const lifetimeMs = 3600_000;
const accounts = "/computeMetadata/v1/instance/service-accounts";

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string() }),
      spec: z.object({
        serviceAccountName: z.string().default("default"),
        hostNetwork: z.boolean().default(false),
      }),
    }),
  ),
});

interface Subject {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** The pod that has an address. The kubelet tells the API of it after the pod's first moments: so it is asked again. */
async function podAt(client: KubeClient, address: string, patienceMs = 5000): Promise<Subject | undefined> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`status.podIP=${address},status.phase!=Succeeded,status.phase!=Failed`)}`;
  for (const end = Date.now() + patienceMs; ; await sleep(200)) {
    const { items } = podsSchema.parse(await client.request("GET", path));
    const pod = items.find(({ spec }) => !spec.hostNetwork);
    if (pod !== undefined)
      return { namespace: pod.metadata.namespace, serviceAccount: pod.spec.serviceAccountName };
    if (Date.now() >= end) return undefined;
  }
}

const flavor = { "metadata-flavor": "Google", server: "GKE Metadata Server" };
const json = (body: Readonly<Record<string, unknown>>): HttpAnswer => ({
  status: 200,
  body,
  headers: flavor,
});
const said = (status: number, text: string): HttpAnswer => ({
  status,
  body: { message: text },
  text,
  headers: flavor,
});

/** Whoever has no account in the cloud is somebody all the same: a token that opens nothing. */
const nobody = () => ({ accessKey: "NOBODY", secretKey: randomBytes(30).toString("base64url") });

/** `project`: the pool's, as accounts name it; empty where there is none yet. */
async function answer(
  client: KubeClient,
  space: string,
  { method, path, headers, query, address }: HttpQuestion,
  patienceMs: number | undefined,
): Promise<HttpAnswer> {
  if (method !== "GET") return said(405, "Method Not Allowed");
  if (headers["metadata-flavor"] !== "Google") return said(403, "Missing Metadata-Flavor:Google header.");
  if (headers["x-forwarded-for"] !== undefined) return said(403, "Request has X-Forwarded-For header.");
  const plain = path.replace(/\/$/, "");
  if (["", "/computeMetadata", "/computeMetadata/v1", "/computeMetadata/v1/instance"].includes(plain))
    return said(200, "instance/\nproject/\n");
  const subject = await podAt(client, address, patienceMs);
  if (subject === undefined) return said(404, `no pod has the address ${address}`);
  const account = await accountOf(client, space, subject.namespace, subject.serviceAccount);
  const [, number = "", project = ""] =
    /\/projects\/(\d+)\/.*\/workloadIdentityPools\/([^/]+)\.svc\.id\.goog/.exec(account?.principal ?? "") ??
    [];
  const email = `${project}.svc.id.goog`;
  const who = /^\/(default|[^/]+\.svc\.id\.goog)(\/.*)?$/.exec(plain.slice(accounts.length));
  if (plain === accounts) return said(200, `default/\n${email}/\n`);
  if (plain === "/computeMetadata/v1/project/project-id") return said(200, project);
  if (plain === "/computeMetadata/v1/project/numeric-project-id") return said(200, number);
  if (!plain.startsWith(`${accounts}/`) || who === null)
    return said(404, `${path} is nothing that the server answers`);
  switch (who[2] ?? "") {
    case "/token": {
      const now = Date.now();
      return json({
        access_token: makeToken(account ?? nobody(), now + lifetimeMs),
        expires_in: lifetimeMs / 1000 - 1,
        token_type: "Bearer",
      });
    }
    case "/email":
      return said(200, email);
    case "/scopes":
      return said(200, "https://www.googleapis.com/auth/cloud-platform\n");
    case "":
      return query.get("recursive") === "true"
        ? json({ aliases: ["default"], email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] })
        : said(200, "aliases\nemail\nscopes\ntoken\n");
    default:
      return said(404, `${path} is nothing that the server answers`);
  }
}

/** GKE's metadata server as an agent of the sandbox. `patienceMs`: how long an unknown address is asked for. */
export function gcpAgent(client: KubeClient, space: string, patienceMs?: number): CloudAgent {
  return {
    // Pods carry nothing: neither variables nor a token.
    mutate: async () => [],
    answer: (question) => answer(client, space, question, patienceMs),
  };
}
