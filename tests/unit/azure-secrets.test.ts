/** The escrow of write-once keys, against a server that answers as Key Vault's own interface does. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { azureProvider } from "../../providers/azure/scope.ts";
import { KeyVaultEscrow } from "../../providers/azure/secrets.ts";
import { recall, write } from "../../providers/azure/vaultClient.ts";
import { plain, simulate } from "./azure-fixtures.ts";
import { run } from "./harness.ts";

interface Vault {
  readonly uri: string;
  readonly kept: Map<string, string>;
  readonly calls: string[];
  /** Answers to give first, by status and text. */
  readonly refusals: [number, string][];
  /** Connections to break first. */
  breaks: number;
}

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}

async function answer(vault: Vault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (vault.breaks > 0) {
    vault.breaks -= 1;
    request.socket.destroy();
    return;
  }
  const url = new URL(request.url ?? "/", "http://vault");
  const name = url.pathname.replace("/secrets/", "");
  vault.calls.push(
    `${request.method} ${name} ${url.searchParams.get("api-version")} ${request.headers.authorization}`,
  );
  const say = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const refusal = vault.refusals.shift();
  if (refusal) return say(refusal[0], { error: { code: refusal[1] } });
  if (request.method === "PUT") {
    const { value } = JSON.parse(await textOf(request));
    vault.kept.set(name, value);
    return say(200, { value });
  }
  const value = vault.kept.get(name);
  return value === undefined ? say(404, { error: { code: "SecretNotFound" } }) : say(200, { value });
}

async function startVault(wanted = 0): Promise<Vault> {
  const vault = { uri: "", kept: new Map<string, string>(), calls: [], refusals: [], breaks: 0 };
  const server = createServer((request, response) => void answer(vault, request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(vault, { uri: `http://127.0.0.1:${port}/` });
}

const access = (vault: Vault) => ({ uri: vault.uri, token: "t", pauseMs: 1 });
const key = "organization/portolan/eu-prod/acme/APP_KEY";
const secret = "portolan-organization-portolan-eu-prod-acme-app-key-706f78";

function keep(vault: Vault, fresh: string, preview = false) {
  return run(
    () => {
      simulate({
        "azure-native:authorization:getClientToken": ({ endpoint }) => ({
          token: `token-for-${String(endpoint)}`,
        }),
      });
      const parent = new pulumi.ComponentResource("test:Tenant", "acme", {});
      const provider = azureProvider("platform", { region: "westeurope", subscriptionId: undefined }, parent);
      const escrow = new KeyVaultEscrow(vault.uri, provider);
      const value = escrow.keep({ name: key, fresh: pulumi.secret(fresh) });
      return plain(value).then((known) => () => ({ value, known }));
    },
    { preview },
  );
}

describe("the escrow of write-once keys", () => {
  it("keeps a fresh value where there is none, by the vault's own interface", async () => {
    const vault = await startVault();
    const stack = await keep(vault, "first");
    expect(stack.result().known).toBe("first");
    expect(await pulumi.isSecret(stack.result().value)).toBe(true);
    expect(vault.kept).toEqual(new Map([[secret, "first"]]));
    expect(vault.calls).toEqual([
      `GET ${secret} 7.4 Bearer token-for-https://vault.azure.net`,
      `PUT ${secret} 7.4 Bearer token-for-https://vault.azure.net`,
    ]);
    // Nothing of it is a resource: neither value nor token is in the state.
    expect(stack.custom.filter(({ type }) => type.startsWith("azure-native:"))).toEqual([]);
  });

  it("hands out the kept value where there is one, and never writes over it", async () => {
    const vault = await startVault();
    await keep(vault, "first");
    const stack = await keep(vault, "second");
    expect(stack.result().known).toBe("first");
    expect(vault.kept.get(secret)).toBe("first");
  });

  it("asks nothing in a preview", async () => {
    const vault = await startVault();
    const stack = await keep(vault, "first", true);
    expect(stack.result().known).toBe("first");
    expect(vault.calls).toEqual([]);
  });
});

describe("a vault that does not answer as hoped", () => {
  it("is asked again while a role does not act yet, or it is throttled", async () => {
    const vault = await startVault();
    vault.refusals.push([403, "ForbiddenByRbac"], [429, "Throttled"], [503, "Unavailable"]);
    expect(await recall(access(vault), "x")).toBeUndefined();
    expect(vault.calls.length).toBe(4);
  });

  it("is not asked again where its firewall refuses, which is then said", async () => {
    const vault = await startVault();
    vault.refusals.push([403, "ForbiddenByFirewall"]);
    await expect(recall(access(vault), "x")).rejects.toThrow(/ForbiddenByFirewall[\s\S]*adminGroupObjectIds/);
    expect(vault.calls.length).toBe(1);
  });

  it("keeps a deleted secret, and says how to take it back", async () => {
    const vault = await startVault();
    vault.refusals.push([409, "ObjectIsDeletedButRecoverable"]);
    await expect(write(access(vault), "x", "v")).rejects.toThrow(
      "az keyvault secret recover --vault-name 127",
    );
  });

  it("is asked again while nobody listens yet, or a connection breaks", async () => {
    const first = await startVault();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const written = write({ ...access(first), pauseMs: 100 }, "x", "v");
    const vault = await startVault(Number(new URL(first.uri).port));
    await written;
    expect(vault.kept.get("x")).toBe("v");
    vault.breaks = 2;
    expect(await recall(access(vault), "x")).toBe("v");
    expect(vault.breaks).toBe(0);
  });

  it("that cannot be reached is said to be so, without the value", async () => {
    const gone = { uri: "http://127.0.0.1:9/", token: "t", pauseMs: 1 };
    const failed = write(gone, "x", "the-value");
    await expect(failed).rejects.toThrow(/no answer \(.+\)[\s\S]*inside the network/);
    await expect(failed).rejects.not.toThrow("the-value");
  });
});
