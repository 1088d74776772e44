/** An S3 bucket, opened with static keys or with what AWS gives the pod's identity. */
import { text } from "node:stream/consumers";
import { fromHttp } from "@aws-sdk/credential-provider-http";
import { Client, S3Error } from "minio";
import type { ServiceSession } from "./check.ts";
import { objectKey } from "./objectStore.ts";
import type { S3Settings } from "./objectStoreConfig.ts";
import { WatchedAgent } from "./watchedAgent.ts";

export async function openS3(settings: S3Settings): Promise<ServiceSession> {
  const { host, port, region, bucket, pathStyle, keys, roots } = settings;
  const credentials = keys ?? (await podCredentials());
  const agent = new WatchedAgent(roots);
  const client = new Client({
    ...credentials,
    endPoint: host,
    port,
    useSSL: true,
    region,
    pathStyle,
    transportAgent: agent,
    retryOptions: { disableRetry: true },
  });
  const write = async (id: string, value: string): Promise<void> => {
    await client.putObject(bucket, objectKey(id), value);
  };
  return {
    write,
    keep: write,
    async read(id) {
      try {
        return await text(await client.getObject(bucket, objectKey(id)));
      } catch (error) {
        if (error instanceof S3Error && error.code === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async remove(id) {
      await client.removeObject(bucket, objectKey(id));
    },
    tls: () => agent.report,
    close: () => agent.destroy(),
  };
}

/**
 * From the container endpoint, with the token of a file: what EKS Pod Identity puts into a pod
 * (AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE).
 */
async function podCredentials() {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await fromHttp({ maxRetries: 1, timeout: 1000 })();
    return {
      accessKey: accessKeyId,
      secretKey: secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  } catch (cause) {
    throw new Error("the pod's identity gave no credentials for S3", { cause });
  }
}
