import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { Client } from "../../sandbox/engine/kubernetes/client.ts";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

type Answer = (socket: Socket, served: number) => { code: number; body: string } | undefined;

/** A client of a server that answers as told; `undefined` closes the connection without a word. */
async function clientOf(answer: Answer): Promise<Client> {
  const served = new Map<Socket, number>();
  const server = createServer((request, response) => {
    const count = (served.get(request.socket) ?? 0) + 1;
    served.set(request.socket, count);
    const told = answer(request.socket, count);
    if (told === undefined) return void request.socket.destroy();
    response.writeHead(told.code, { "content-type": "application/json" }).end(told.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push({ close: () => [server.closeAllConnections(), server.close()] });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const config = new KubeConfig();
  const name = "x";
  config.loadFromClusterAndUser(
    { name, server: `http://127.0.0.1:${address.port}`, skipTLSVerify: true },
    { name },
  );
  return new Client(config);
}

const get = { method: "GET", path: "/x" } as const;

describe("the client of the API server", () => {
  it("sends again when a kept connection was closed in between, on a new one", async () => {
    const client = await clientOf((_socket, served) =>
      served > 1 ? undefined : { code: 200, body: '{"a":1}' },
    );
    expect(await client.request(get)).toEqual({ a: 1 });
    expect(await client.request(get)).toEqual({ a: 1 });
  });

  it("does not send again what a new connection refuses", async () => {
    let requests = 0;
    const client = await clientOf(() => {
      requests++;
      return undefined;
    });
    await expect(client.request(get)).rejects.toThrow(/hang up|ECONNRESET/);
    expect(requests).toBe(1);
  });

  it("gives the server's reason and words", async () => {
    const body = JSON.stringify({
      kind: "Status",
      code: 409,
      reason: "Conflict",
      message: "someone else did it",
    });
    const client = await clientOf(() => ({ code: 409, body }));
    await expect(client.request(get)).rejects.toMatchObject({
      code: 409,
      reason: "Conflict",
      message: "someone else did it",
    });
  });

  it("fails after the time without an answer", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.push({ close: () => [server.closeAllConnections(), server.close()] });
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: "x", server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: "x" },
    );
    await expect(new Client(config).request({ ...get, timeout: 100 })).rejects.toThrow("within 0.1 s");
  });
});
