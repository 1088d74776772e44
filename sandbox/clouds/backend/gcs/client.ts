/** The store of buckets of the simulated Google Cloud as its owner works on it. */
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { Account, ObjectServer } from "../gateway.ts";
import type { Reached } from "../server.ts";

const objectsSchema = z.object({
  items: z.array(z.object({ name: z.string(), generation: z.string().optional() })).default([]),
  nextPageToken: z.string().optional(),
});

/** Buckets and what is in them by Google's JSON interface; accounts and policies by the gate's own. */
export class GcsServer implements ObjectServer {
  readonly #reached: Reached;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(reached: Reached, token: string) {
    this.#reached = reached;
    this.#token = token;
    this.#agent = new Agent({ ca: reached.caPem, servername: reached.host, keepAlive: true });
  }

  isAt({ address, host, port, caPem }: Reached): boolean {
    const mine = this.#reached;
    return address === mine.address && host === mine.host && port === mine.port && caPem === mine.caPem;
  }

  close(): void {
    this.#agent.destroy();
  }

  async exists(bucket: string): Promise<boolean> {
    return (await this.#ask("GET", bucketPath(bucket), undefined, [404])).status !== 404;
  }

  async ensure(bucket: string): Promise<void> {
    // Older versions of objects: the store on disk keeps none.
    if (!(await this.exists(bucket)))
      await this.#ask("POST", "/storage/v1/b?project=sandbox", { name: bucket });
  }

  async remove(bucket: string): Promise<void> {
    await this.#ask("DELETE", bucketPath(bucket), undefined, [404]);
    await this.#ask("DELETE", `/_portolan/buckets/${encodeURIComponent(bucket)}`);
  }

  async contents(bucket: string): Promise<{ name: string; versionId: string | undefined }[]> {
    const found: { name: string; versionId: string | undefined }[] = [];
    for (let page: string | undefined = ""; page !== undefined; ) {
      const query: string = page === "" ? "" : `?pageToken=${encodeURIComponent(page)}`;
      const { body } = await this.#ask("GET", `${bucketPath(bucket)}/o${query}`);
      const { items, nextPageToken } = objectsSchema.parse(JSON.parse(body));
      found.push(...items.map(({ name, generation }) => ({ name, versionId: generation })));
      page = nextPageToken === "" ? undefined : nextPageToken;
    }
    return found;
  }

  async empty(bucket: string): Promise<void> {
    for (const { name } of await this.contents(bucket))
      await this.#ask("DELETE", `${bucketPath(bucket)}/o/${encodeURIComponent(name)}`, undefined, [404]);
  }

  async setUsers(bucket: string, accounts: readonly Account[]): Promise<void> {
    for (const { accessKey, secretKey, principal = "" } of accounts)
      await this.#ask("PUT", `/_portolan/accounts/${encodeURIComponent(accessKey)}`, {
        secretKey,
        principal,
      });
    const keys = accounts.map(({ accessKey }) => accessKey).sort();
    await this.#ask("PUT", `/_portolan/buckets/${encodeURIComponent(bucket)}`, keys);
  }

  async removeAccount(accessKey: string): Promise<void> {
    await this.#ask("DELETE", `/_portolan/accounts/${encodeURIComponent(accessKey)}`);
  }

  /** @throws for a status of 400 or more that is not expected */
  async #ask(
    method: string,
    path: string,
    data?: unknown,
    expected: readonly number[] = [],
  ): Promise<{ status: number; body: string }> {
    const { address, host, port } = this.#reached;
    const sent = data === undefined ? "" : JSON.stringify(data);
    const headers = {
      host,
      authorization: `Bearer ${this.#token}`,
      ...(sent === ""
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: address, port, method, path, headers, agent: this.#agent, timeout: 10_000 },
        (answer) => {
          text(answer).then((body) => {
            const status = answer.statusCode ?? 0;
            if (status < 400 || expected.includes(status)) resolve({ status, body });
            else reject(new Error(`${method} ${path} answers ${status}: ${body}`));
          }, reject);
        },
      );
      asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer in 10 s`)));
      asked.on("error", reject);
      asked.end(sent);
    });
  }
}

function bucketPath(bucket: string): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}`;
}
