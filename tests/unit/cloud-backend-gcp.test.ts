/** Who gets which token of the simulated Google Cloud, and what the gate of its buckets lets it do. */
import { describe, expect, it } from "vitest";
import type { HttpQuestion } from "../../sandbox/clouds/backend/agent/cloudAgent.ts";
import { gcpAgent } from "../../sandbox/clouds/backend/agent/gcp.ts";
import { accountOfToken, makeToken } from "../../sandbox/clouds/backend/agent/gcpTokens.ts";
import { askedOf, type GatePolicy, refusal } from "../../sandbox/clouds/backend/gcs/policy.ts";
import type { KubeClient } from "../../sandbox/controllers/kube/client.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const principal = (namespace: string) =>
  `principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/clinic-1.svc.id.goog/subject/ns/${namespace}/sa/app`;
const account = (namespace: string) => ({
  data: {
    namespace: base64(namespace),
    serviceAccount: base64("app"),
    principal: base64(principal(namespace)),
    accessKey: base64(`KEY${namespace}`),
    secretKey: base64(`secret-${namespace}`),
    region: base64("us-central1"),
  },
});

/** Pods by their addresses: `namespace/serviceAccount`. */
const pods: Readonly<Record<string, string>> = { "10.88.0.9": "t1/app", "10.88.0.10": "t3/app" };
const client: KubeClient = {
  async request(method, path) {
    expect(method).toBe("GET");
    if (path.startsWith("/api/v1/namespaces/cloud-gcp/secrets?"))
      return { items: [account("t1"), account("t2")] };
    const [, address = ""] = /status\.podIP=([\d.]+),/.exec(decodeURIComponent(path)) ?? [];
    const [namespace, serviceAccountName] = (pods[address] ?? "").split("/");
    return { items: serviceAccountName ? [{ metadata: { namespace }, spec: { serviceAccountName } }] : [] };
  },
  stream: () => Promise.reject(new Error("nothing is watched")),
  close: () => {},
};
const agent = gcpAgent(client, "cloud-gcp", 0);
const tokenPath = "/computeMetadata/v1/instance/service-accounts/default/token";
const ask = (part: Partial<HttpQuestion> = {}) =>
  agent.answer({
    method: "GET",
    path: tokenPath,
    query: new URLSearchParams(),
    authorization: undefined,
    headers: { "metadata-flavor": "Google" },
    address: "10.88.0.9",
    ...part,
  });
const secrets: Readonly<Record<string, string>> = { KEYt1: "secret-t1", KEYt2: "secret-t2" };
const whose = (token: string, now = Date.now()) => accountOfToken(token, (key) => secrets[key], now);

describe("the metadata server", () => {
  it("gives a pod the token of its own ServiceAccount, by the address it asks from", async () => {
    const { status, body, headers } = await ask();
    expect([status, headers?.["metadata-flavor"], body.token_type]).toEqual([200, "Google", "Bearer"]);
    expect(whose(String(body.access_token))).toBe("KEYt1");
  });

  it("gives a pod that no policy names a token that opens nothing", async () => {
    const { status, body } = await ask({ address: "10.88.0.10" });
    expect(status).toBe(200);
    expect(whose(String(body.access_token))).toBeUndefined();
  });

  it.each([
    ["an address of no pod", { address: "10.88.0.99" }, 404],
    ["a request without Metadata-Flavor", { headers: {} }, 403],
    [
      "a request that was passed on",
      { headers: { "metadata-flavor": "Google", "x-forwarded-for": "1.2.3.4" } },
      403,
    ],
    ["another path", { path: "/computeMetadata/v1/instance/attributes" }, 404],
    ["another method", { method: "PUT" }, 405],
  ])("refuses %s", async (_what, part, status) => {
    const answer = await ask(part);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer)).not.toContain("ya29");
  });

  it("says the project, as clients ask for it", async () => {
    expect((await ask({ path: "/computeMetadata/v1/project/project-id" })).text).toBe("clinic-1");
    expect((await ask({ path: "/computeMetadata/v1/project/numeric-project-id" })).text).toBe("123456789012");
  });
});

describe("a token", () => {
  const now = 1_800_000_000_000;
  const token = makeToken({ accessKey: "KEYt1", secretKey: "secret-t1" }, now + 1000);
  it("is good until its end", () => {
    expect(whose(token, now)).toBe("KEYt1");
    expect(whose(token, now + 1000)).toBeUndefined();
  });
  it.each([
    ["another's key in it", token.replace("KEYt1", "KEYt2")],
    ["a later end in it", token.replace(/\.\d+\./, ".1900000000.")],
    ["nothing behind it", token.slice(0, token.lastIndexOf(".") + 1)],
    ["something behind it", `${token}.x`],
    ["no account of the store's", makeToken({ accessKey: "KEYt9", secretKey: "x" }, now + 1000)],
  ])("is none with %s", (_what, changed) => {
    expect(whose(changed, now)).toBeUndefined();
  });
});

const policy: GatePolicy = {
  accounts: { KEYt1: { secretKey: "x", principal: principal("t1") } },
  buckets: { one: ["KEYt1"], two: ["KEYt2"] },
};
const may = (method: string, path: string, host = "storage.googleapis.com") =>
  refusal(policy, "KEYt1", askedOf(method, host, path)) === undefined;

describe("the gate of the buckets", () => {
  it.each([
    ["POST", "/upload/storage/v1/b/one/o?uploadType=media&name=a"],
    ["PUT", "/resumable/upload/storage/v1/b/one/o?upload_id=1"],
    ["GET", "/storage/v1/b/one/o/a%2Fb?alt=media"],
    ["GET", "/download/storage/v1/b/one/o/a?alt=media"],
    ["GET", "/storage/v1/b/one/o"],
    ["DELETE", "/storage/v1/b/one/o/a"],
    ["POST", "/storage/v1/b/one/o/a/rewriteTo/b/one/o/c"],
    ["GET", "/one/a/b"],
    ["GET", "/one?prefix=a"],
  ])("lets an account at its own objects: %s %s", (method, path) => {
    expect(may(method, path)).toBe(true);
  });

  it.each([
    ["GET", "/storage/v1/b/two/o/a?alt=media"],
    ["POST", "/upload/storage/v1/b/two/o?name=a"],
    ["POST", "/storage/v1/b/one/o/a/rewriteTo/b/two/o/c"],
    ["POST", "/storage/v1/b/two/o/a/copyTo/b/one/o/c"],
    ["GET", "/storage/v1/b/three/o"],
    ["GET", "/storage/v1/b/one"],
    ["DELETE", "/storage/v1/b/one"],
    ["GET", "/storage/v1/b/one/iam"],
    ["GET", "/storage/v1/b?project=p"],
    ["POST", "/storage/v1/b"],
    ["GET", "/two/a"],
    ["GET", "/one/../two/a"],
    ["GET", "/one/%2e%2e/two/a"],
    ["GET", "//two/a"],
    ["GET", "/b/two/o/a"],
    ["DELETE", "/one"],
    ["POST", "/batch/storage/v1"],
    ["PUT", "/_internal/config"],
    ["PUT", "/_portolan/buckets/two"],
  ])("and at nothing else: %s %s", (method, path) => {
    expect(may(method, path)).toBe(false);
  });

  it("knows a bucket by its host too", () => {
    expect(may("GET", "/a", "one.storage.googleapis.com")).toBe(true);
    expect(may("GET", "/a", "two.storage.googleapis.com")).toBe(false);
    expect(may("GET", "/storage/v1/b/two/o/a", "one.storage.googleapis.com")).toBe(false);
  });
});
