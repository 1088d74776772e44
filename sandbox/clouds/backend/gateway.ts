/** One S3 server (versitygw) as its owner works on it. */
import { Agent } from "node:https";
import { text } from "node:stream/consumers";
import { Client } from "minio";
import type { Reached } from "./server.ts";

/** A pair of keys that the server knows, and the cloud's name of whose they are. */
export interface Account {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly principal?: string;
}

/** A server of buckets as its owner works on it: what is in them, and who may use them. */
export interface ObjectServer {
  /** Whether it works on the server that is reached so, by the same certificate. */
  isAt(reached: Reached): boolean;
  close(): void;
  exists(bucket: string): Promise<boolean>;
  /** Makes it unless it is there. */
  ensure(bucket: string): Promise<void>;
  /** None there is fine. */
  remove(bucket: string): Promise<void>;
  /** Every object, every version of one and every mark that one was deleted. */
  contents(bucket: string): Promise<{ name: string; versionId: string | undefined }[]>;
  empty(bucket: string): Promise<void>;
  /** Makes these accounts, and nobody else, users of the bucket. */
  setUsers(bucket: string, accounts: readonly Account[]): Promise<void>;
  /** The account's keys are no longer good. */
  removeAccount(accessKey: string): Promise<void>;
}

/**
 * The policy that lets these accounts, and nobody else, use a bucket as an application does. `undefined` without any:
 * then only the cloud itself may.
 */
export function bucketPolicy(bucket: string, accounts: readonly Account[]): string | undefined {
  if (accounts.length === 0) return undefined;
  const principals = { AWS: accounts.map(({ accessKey }) => accessKey).sort() };
  const allow = (actions: readonly string[], resource: string) => ({
    Effect: "Allow",
    Principal: principals,
    Action: actions.map((action) => `s3:${action}`),
    Resource: [resource],
  });
  const whole = ["ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"];
  const objects = [
    "GetObject",
    "PutObject",
    "DeleteObject",
    "AbortMultipartUpload",
    "ListMultipartUploadParts",
  ];
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [allow(whole, `arn:aws:s3:::${bucket}`), allow(objects, `arn:aws:s3:::${bucket}/*`)],
  });
}

/** Buckets by S3's own interface; accounts by versitygw's. */
export class Gateway implements ObjectServer {
  readonly #client: Client;
  readonly #agent: Agent;
  readonly #region: string;
  readonly #reached: Reached;

  constructor(reached: Reached, region: string, owner: Account) {
    const { address, host, port, caPem } = reached;
    this.#reached = reached;
    this.#region = region;
    // By name, so that the certificate is checked for it; the name leads to the Service from here too.
    this.#agent = new Agent({
      ca: caPem,
      servername: host,
      keepAlive: true,
      lookup: (_host, options, found) =>
        options.all ? found(null, [{ address, family: 4 }]) : found(null, address, 4),
    });
    this.#client = new Client({
      endPoint: host,
      port,
      useSSL: true,
      region,
      pathStyle: true,
      ...owner,
      transportAgent: this.#agent,
      retryOptions: { disableRetry: true },
    });
  }

  /** Whether this is the server that is reached so. */
  isAt({ address, caPem }: Reached): boolean {
    return this.#reached.address === address && this.#reached.caPem === caPem;
  }

  close(): void {
    this.#agent.destroy();
  }

  async exists(bucket: string): Promise<boolean> {
    return this.#client.bucketExists(bucket);
  }

  async ensure(bucket: string): Promise<void> {
    if (!(await this.exists(bucket))) await this.#client.makeBucket(bucket, this.#region);
  }

  async remove(bucket: string): Promise<void> {
    if (await this.exists(bucket)) await this.#client.removeBucket(bucket);
  }

  async contents(bucket: string): Promise<{ name: string; versionId: string | undefined }[]> {
    const listed: { name: string; versionId: string | undefined }[] = [];
    for await (const item of this.#client.listObjects(bucket, "", true, { IncludeVersion: true })) {
      if (item.name !== undefined) listed.push({ name: item.name, versionId: item.versionId });
    }
    return listed;
  }

  async empty(bucket: string): Promise<void> {
    for (const { name, versionId } of await this.contents(bucket)) {
      await this.#client.removeObject(bucket, name, versionId === undefined ? {} : { versionId });
    }
    for await (const upload of this.#client.listIncompleteUploads(bucket, "", true)) {
      await this.#client.removeIncompleteUpload(bucket, upload.key);
    }
  }

  async setUsers(bucket: string, accounts: readonly Account[]): Promise<void> {
    for (const account of accounts) await this.#ensureAccount(account);
    await this.#client.setBucketPolicy(bucket, bucketPolicy(bucket, accounts) ?? "");
  }

  async #ensureAccount({ accessKey, secretKey }: Account): Promise<void> {
    const account = `<Account><Access>${accessKey}</Access><Secret>${secretKey}</Secret><Role>user</Role></Account>`;
    const { status, body } = await this.#admin("create-user", account);
    if (status >= 400 && status !== 409) throw new Error(`create-user answers ${status}: ${body}`);
  }

  async removeAccount(accessKey: string): Promise<void> {
    const { status, body } = await this.#admin("delete-user", "", `access=${accessKey}`);
    if (status >= 400 && status !== 404) throw new Error(`delete-user answers ${status}: ${body}`);
  }

  /** versitygw's own calls: signed as S3's are, with the call's name where the bucket's would be. */
  async #admin(call: string, body: string, query = ""): Promise<{ status: number; body: string }> {
    const expected = [200, 201, 404, 409];
    const answer = await this.#client.makeRequestAsync(
      { method: "PATCH", bucketName: call, query },
      body,
      expected,
      this.#region,
    );
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  }
}
