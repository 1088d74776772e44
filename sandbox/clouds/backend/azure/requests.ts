/** What the backend asks of the front, and of the cluster. */
import type { IncomingMessage } from "node:http";
import { type Agent, type RequestOptions, request } from "node:https";
import { json, text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Reached } from "../server.ts";
import { type Issuer, issuerSchema } from "./tokens.ts";

/** A front that runs: where it is, and with what it is asked. */
export type Open = { readonly reached: Reached; readonly key: string; readonly agent: Agent };
type Asked = { method: string; host: string; path: string; token: string; body?: string };

/** One request to the front, its certificate verified for the host. */
export async function ask(
  { agent }: Open,
  { method, host, path, token, body = "" }: Asked,
): Promise<{ status: number; said: string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "x-ms-version": "2024-11-04",
      "content-length": Buffer.byteLength(body),
    };
    request({ agent, host, method, path, headers, timeout: 10_000 }, resolve)
      .on("error", reject)
      .on("timeout", function (this: { destroy(error: Error): void }) {
        this.destroy(new Error("no answer within 10 s"));
      })
      .end(body);
  });
  return { status: answer.statusCode ?? 0, said: await text(answer) };
}

/** Whose tokens of ServiceAccounts are, and the keys to tell. */
export async function clusterIssuer(config: KubeConfig): Promise<Issuer> {
  const [keys, said] = await Promise.all(
    ["/openid/v1/jwks", "/.well-known/openid-configuration"].map(async (path) => {
      // The one is answered as JSON, the other under a name of its own only.
      const options: RequestOptions = { headers: { accept: "application/jwk-set+json, application/json" } };
      await config.applyToHTTPSOptions(options);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request(new URL(path, config.getCurrentCluster()?.server), options, resolve)
          .on("error", reject)
          .end();
      });
      if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${await text(answer)}`);
      return json(answer);
    }),
  );
  return issuerSchema.parse({ ...Object(said), ...Object(keys) });
}
