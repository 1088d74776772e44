/** What the agent of a simulated cloud puts into pods, and to whom it gives keys. */
import { describe, expect, it } from "vitest";
import { awsAgent, podIdentityPatch } from "../../sandbox/clouds/backend/agent/aws.ts";
import { type HttpQuestion, podSchema } from "../../sandbox/clouds/backend/agent/cloudAgent.ts";
import { admit } from "../../sandbox/clouds/backend/agent/webhook.ts";
import type { KubeClient } from "../../sandbox/controllers/kube/client.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const account = (namespace: string) => ({
  data: {
    namespace: base64(namespace),
    serviceAccount: base64("app"),
    principal: base64(`arn:aws:iam::123456789012:role/${namespace}`),
    accessKey: base64(`AKIA${namespace}`),
    secretKey: base64("secret"),
    region: base64("eu-west-1"),
  },
});

/** An API server that knows the accounts of t1 and t2, and each token as what is written in it: `<audience> <user>`. */
const client: KubeClient = {
  async request(method, path, body) {
    if (method === "GET" && path.startsWith("/api/v1/namespaces/cloud-aws/secrets?")) {
      return { items: [account("t1"), account("t2")] };
    }
    expect([method, path]).toEqual(["POST", "/apis/authentication.k8s.io/v1/tokenreviews"]);
    const { token, audiences } = podlessSpec(body);
    const [audience = "", username] = token.split(" ");
    return audiences.includes(audience)
      ? { status: { authenticated: true, audiences: [audience], user: { username } } }
      : { status: { authenticated: false, audiences, user: { username } } };
  },
  stream: () => Promise.reject(new Error("nothing is watched")),
  close: () => {},
};

function podlessSpec(body: unknown): { token: string; audiences: string[] } {
  const { spec } = JSON.parse(JSON.stringify(body));
  return { token: String(spec.token), audiences: spec.audiences };
}

const agent = awsAgent(client, "cloud-aws");
const ask = (part: Partial<HttpQuestion>) =>
  agent.answer({
    method: "GET",
    path: "/v1/credentials",
    query: new URLSearchParams(),
    authorization: undefined,
    headers: {},
    address: "10.88.0.9",
    ...part,
  });

describe("keys", () => {
  it("go to the pod whose token it is, by the token's ServiceAccount", async () => {
    const before = Date.now();
    const answer = await ask({ authorization: "pods.eks.amazonaws.com system:serviceaccount:t2:app" });
    expect(answer).toMatchObject({
      status: 200,
      body: { AccessKeyId: "AKIAt2", SecretAccessKey: "secret", AccountId: "123456789012" },
    });
    expect(Date.parse(String(answer.body.Expiration))).toBeGreaterThan(before);
  });

  it.each([
    ["no token", undefined, 400],
    ["a token for another audience", "https://kubernetes system:serviceaccount:t1:app", 401],
    ["a token of no ServiceAccount", "pods.eks.amazonaws.com admin", 401],
    ["a ServiceAccount without an association", "pods.eks.amazonaws.com system:serviceaccount:t3:app", 404],
    ["another ServiceAccount of the namespace", "pods.eks.amazonaws.com system:serviceaccount:t1:other", 404],
  ])("are refused for %s", async (_what, authorization, status) => {
    const answer = await ask({ authorization });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain("AKIA");
  });

  it("are not to be had under another path", async () => {
    const authorization = "pods.eks.amazonaws.com system:serviceaccount:t1:app";
    expect((await ask({ path: "/latest/meta-data", authorization })).status).toBe(404);
  });
});

describe("a new pod", () => {
  const review = (namespace: string, serviceAccountName?: string) => ({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u-1",
      namespace,
      kind: { group: "", version: "v1", kind: "Pod" },
      object: { metadata: {}, spec: { serviceAccountName, containers: [{ name: "c" }] } },
    },
  });

  it("of an associated ServiceAccount gets its identity", async () => {
    const { response } = JSON.parse(JSON.stringify(await admit(agent, review("t1", "app"))));
    expect(response).toMatchObject({ uid: "u-1", allowed: true, patchType: "JSONPatch" });
    const patch = JSON.parse(Buffer.from(response.patch, "base64").toString("utf8"));
    expect(patch.map(({ path }: { path: string }) => path)).toEqual([
      "/spec/containers/0/env",
      "/spec/containers/0/volumeMounts",
      "/spec/volumes",
    ]);
  });

  it.each([
    ["t1", "other"],
    ["t3", "app"],
    ["t1", undefined],
  ])("in namespace %s of ServiceAccount %s stays as it is", async (namespace, name) => {
    const { response } = await admit(agent, review(namespace, name));
    expect(response).toEqual({ uid: "u-1", allowed: true });
  });

  it("keeps its own variables and volumes, and gets the token for the right audience", () => {
    const pod = podSchema.parse({
      spec: {
        initContainers: [{ name: "i" }],
        containers: [
          { name: "c", env: [{ name: "AWS_REGION", value: "own" }], volumeMounts: [{ name: "v" }] },
        ],
        volumes: [{ name: "v" }],
      },
    });
    const patch = new Map(podIdentityPatch(pod, "eu-west-1").map(({ path, value }) => [path, value]));
    const env = JSON.stringify(patch.get("/spec/containers/0/env"));
    expect(env).toContain('{"name":"AWS_REGION","value":"own"}');
    expect(env).not.toContain('{"name":"AWS_REGION","value":"eu-west-1"}');
    expect(env).toContain("http://169.254.170.23/v1/credentials");
    expect(JSON.stringify(patch.get("/spec/initContainers/0/env"))).toContain("FULL_URI");
    expect(patch.get("/spec/containers/0/volumeMounts")).toMatchObject([{ name: "v" }, { readOnly: true }]);
    expect(patch.get("/spec/volumes")).toMatchObject([
      { name: "v" },
      { projected: { sources: [{ serviceAccountToken: { audience: "pods.eks.amazonaws.com" } }] } },
    ]);
  });
});
