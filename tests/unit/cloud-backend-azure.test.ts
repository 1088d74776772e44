/** The directory, the vaults and the way into the containers of a simulated Azure. That they serve is shown by a rehearsal. */
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { azureAgent, workloadIdentityPatch } from "../../sandbox/clouds/backend/agent/azure.ts";
import { podSchema } from "../../sandbox/clouds/backend/agent/cloudAgent.ts";
import type { Question } from "../../sandbox/clouds/backend/azure/front/answer.ts";
import { refuseBlob } from "../../sandbox/clouds/backend/azure/front/blobs.ts";
import { answerControl } from "../../sandbox/clouds/backend/azure/front/control.ts";
import { answerLogin } from "../../sandbox/clouds/backend/azure/front/entra.ts";
import { State } from "../../sandbox/clouds/backend/azure/front/state.ts";
import { answerVault } from "../../sandbox/clouds/backend/azure/front/vaults.ts";
import {
  exchangeAudience,
  owner,
  storageAudience,
  tenant,
  vaultAudience,
} from "../../sandbox/clouds/backend/azure/names.ts";
import { issueToken, readToken } from "../../sandbox/clouds/backend/azure/tokens.ts";
import { type KubeClient, KubeError } from "../../sandbox/controllers/kube/client.ts";

const key = "the-key-of-the-backend";
const now = Date.UTC(2026, 0, 1);
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const issuer = "https://kubernetes.default.svc";

let folder: string;
let state: State;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "azure-front-"));
  state = new State(join(folder, "state.json"));
  const identity = (slug: string) => ({
    namespace: `app-${slug}`,
    serviceAccount: "app",
    principal: `client-${slug}`,
    buckets: [`store/${slug}`],
  });
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kty: "RSA", kid: "1" };
  state.change({
    directory: { issuer: { issuer, keys: [jwk] }, identities: [identity("acme"), identity("bhc")] },
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function clusterToken(subject: string, over: Record<string, unknown> = {}, by = pair.privateKey): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: issuer,
    sub: subject,
    aud: [exchangeAudience],
    nbf: now / 1000,
    exp: now / 1000 + 60,
    ...over,
  };
  const body = `${part({ alg: "RS256", kid: "1" })}.${part(claims)}`;
  return `${body}.${sign("sha256", Buffer.from(body), by).toString("base64url")}`;
}

function ask(method: string, url: string, over: Partial<Question> = {}): Question {
  const parsed = new URL(url);
  return { method, host: parsed.host, url: parsed, authorization: undefined, body: "", ...over };
}

function login(assertion: string, clientId = "client-acme") {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    scope: `${storageAudience}/.default`,
  }).toString();
  const url = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
  return answerLogin(state, key, ask("POST", url, { body }), now);
}

const acme = "system:serviceaccount:app-acme:app";

describe("the directory", () => {
  it("gives a ServiceAccount a token of the identity that trusts it, good for what was asked", () => {
    const { status, body } = login(clusterToken(acme));
    expect(status).toBe(200);
    const { access_token: token } = { access_token: "", ...Object(body) };
    expect(readToken(key, token, storageAudience, now)).toBe("client-acme");
    expect(readToken(key, token, vaultAudience, now)).toBeUndefined();
    expect(readToken("another-key", token, storageAudience, now)).toBeUndefined();
    expect(readToken(key, token, storageAudience, now + 2 * 3600_000)).toBeUndefined();
  });

  const another = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  it.each([
    ["another's ServiceAccount", () => login(clusterToken("system:serviceaccount:app-bhc:app"))],
    [
      "another ServiceAccount of the namespace",
      () => login(clusterToken("system:serviceaccount:app-acme:default")),
    ],
    ["another identity", () => login(clusterToken(acme), "client-bhc")],
    [
      "a token for another audience",
      () => login(clusterToken(acme, { aud: ["https://kubernetes.default.svc"] })),
    ],
    ["a token of another issuer", () => login(clusterToken(acme, { iss: "https://elsewhere" }))],
    ["a token that is over", () => login(clusterToken(acme, { exp: now / 1000 - 1 }))],
    ["a token that another key signed", () => login(clusterToken(acme, {}, another))],
    ["no token at all", () => login("")],
  ])("gives nothing for %s", (_what, asked) => {
    const { status, body } = asked();
    expect(status).toBe(401);
    expect(JSON.stringify(body)).toContain("AADSTS");
    expect(JSON.stringify(body)).not.toContain("access_token");
  });

  it("says where its tokens are to be had", () => {
    const url = `https://login.microsoftonline.com/${tenant}/v2.0/.well-known/openid-configuration`;
    expect(answerLogin(state, key, ask("GET", url), now).body).toMatchObject({
      token_endpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
    });
  });
});

describe("containers", () => {
  const as = (appid: string, audience = storageAudience) =>
    `Bearer ${issueToken(key, appid, audience, now).token}`;
  const refusal = (path: string, authorization: string | undefined, copySource?: string) =>
    refuseBlob(
      state,
      key,
      {
        account: "store",
        url: new URL(path, "https://store.blob.core.windows.net"),
        authorization,
        copySource,
      },
      now,
    )?.code;

  it("are open to the identity whose role is for them, and to the cloud itself", () => {
    expect(refusal("/acme/a/b", as("client-acme"))).toBeUndefined();
    expect(refusal("/acme?restype=container&comp=list", as("client-acme"))).toBeUndefined();
    expect(refusal("/anything?restype=container", as(owner))).toBeUndefined();
  });

  it.each([
    ["another's", "/bhc/a"],
    ["another's by a way round", "/acme/../bhc/a"],
    ["another's, written otherwise", "/acme/%2e%2e/bhc/a"],
    ["the account's list", "/?comp=list"],
    ["a batch, which names blobs in its body", "/acme?restype=container&comp=batch"],
  ])("are closed: %s", (_what, path) => {
    expect(refusal(path, as("client-acme"))).toBe("AuthorizationPermissionMismatch");
  });

  it("are not to be copied from by another", () => {
    const from = (container: string) => `https://store.blob.core.windows.net/${container}/secret`;
    expect(refusal("/acme/a", as("client-acme"), from("bhc"))).toBe("AuthorizationPermissionMismatch");
    expect(refusal("/acme/a", as("client-acme"), from("acme"))).toBeUndefined();
  });

  it.each([
    ["without a token", undefined, "NoAuthenticationInformation"],
    ["with a shared key", "SharedKey store:abc", "InvalidAuthenticationInfo"],
    ["with a token for vaults", as("client-acme", vaultAudience), "InvalidAuthenticationInfo"],
    ["with one that is made up", "Bearer a.b.c", "InvalidAuthenticationInfo"],
  ])("are closed %s", (_what, authorization, code) => {
    expect(refusal("/acme/a", authorization)).toBe(code);
  });

  it("are closed as soon as the role is taken", () => {
    const { issuer: said } = state.now.directory;
    const body = JSON.stringify({ issuer: said, identities: [] });
    const control = (authorization: string) =>
      answerControl(state, key, ask("PUT", "https://x/_control/directory", { authorization, body })).status;
    expect(control(as(owner))).toBe(403);
    expect(refusal("/acme/a", as("client-acme"))).toBeUndefined();
    expect(control(`Bearer ${key}`)).toBe(200);
    expect(refusal("/acme/a", as("client-acme"))).toBe("AuthorizationPermissionMismatch");
  });
});

describe("a vault", () => {
  const control = (method: string) =>
    answerControl(
      state,
      key,
      ask(method, "https://x/_control/vaults/v1", { authorization: `Bearer ${key}` }),
    );
  const secret = (method: string, appid = owner, value = "v") =>
    answerVault(
      state,
      key,
      ask(method, "http://10.96.0.9:8080/v1/secrets/app-key?api-version=7.4", {
        authorization: `Bearer ${issueToken(key, appid, vaultAudience, now).token}`,
        body: JSON.stringify({ value }),
      }),
      now,
    );

  it("keeps what whoever runs the engine writes, over a restart, until it is removed", () => {
    expect(secret("GET").status).toBe(404);
    control("PUT");
    expect(secret("GET").body).toMatchObject({ error: { code: "SecretNotFound" } });
    expect(secret("PUT").status).toBe(200);
    state = new State(join(folder, "state.json"));
    control("PUT");
    expect(secret("GET").body).toMatchObject({ value: "v" });
    control("DELETE");
    expect(secret("GET").status).toBe(404);
  });

  it("is closed to tenants' identities", () => {
    control("PUT");
    expect(secret("GET", "client-acme").status).toBe(403);
  });
});

describe("the webhook", () => {
  const client: KubeClient = {
    async request(_method, path) {
      if (path !== "/api/v1/namespaces/app-acme/serviceaccounts/app")
        throw new KubeError(404, "NotFound", path);
      return { metadata: { annotations: { "azure.workload.identity/client-id": "client-acme" } } };
    },
    stream: () => Promise.reject(new Error("nothing is watched")),
    close: () => {},
  };
  const pod = (labels: Record<string, string>, serviceAccountName = "app") =>
    podSchema.parse({
      metadata: { labels },
      spec: {
        serviceAccountName,
        initContainers: [{}],
        containers: [{ env: [{ name: "AZURE_TENANT_ID", value: "own" }] }],
        volumes: [{ name: "data" }],
      },
    });
  const asks = { "azure.workload.identity/use": "true" };

  it("puts the identity of the ServiceAccount into each container of a pod that asks for it", async () => {
    const patch = await azureAgent(client).mutate(pod(asks), "app-acme");
    expect(patch.map(({ path }) => path)).toEqual([
      "/spec/initContainers/0/env",
      "/spec/initContainers/0/volumeMounts",
      "/spec/containers/0/env",
      "/spec/containers/0/volumeMounts",
      "/spec/volumes",
    ]);
    expect(patch[0]?.value).toEqual([
      { name: "AZURE_CLIENT_ID", value: "client-acme" },
      { name: "AZURE_TENANT_ID", value: tenant },
      { name: "AZURE_FEDERATED_TOKEN_FILE", value: "/var/run/secrets/azure/tokens/azure-identity-token" },
      { name: "AZURE_AUTHORITY_HOST", value: "https://login.microsoftonline.com/" },
    ]);
    expect(JSON.stringify(patch[2]?.value)).toContain('{"name":"AZURE_TENANT_ID","value":"own"}');
    expect(patch.at(-1)?.value).toContainEqual({
      name: "azure-identity-token",
      projected: {
        sources: [
          {
            serviceAccountToken: {
              audience: exchangeAudience,
              expirationSeconds: 3600,
              path: "azure-identity-token",
            },
          },
        ],
      },
    });
  });

  it("leaves every other pod as it is", async () => {
    const { mutate } = azureAgent(client);
    expect(await mutate(pod({}), "app-acme")).toEqual([]);
    expect(await mutate(pod(asks, "nobody"), "app-acme")).toEqual([]);
    expect(workloadIdentityPatch(pod(asks), {}).length).toBe(5);
  });
});
