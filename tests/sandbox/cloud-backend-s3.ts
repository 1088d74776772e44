/**
 * Run in a pod: fetches keys as an SDK does, then writes and reads an object in each bucket named in the arguments, by
 * path and by host. One line each: `<bucket> <style> ok` or what went wrong.
 */
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { text } from "node:stream/consumers";
import { Client } from "minio";
import { z } from "zod";

const env = process.env;
const [host = "", roots = "", ...buckets] = process.argv.slice(2);
const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
const uri = env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? "http://169.254.170.23/v1/credentials";
const token = readFileSync(file ?? "/var/run/secrets/kubernetes.io/serviceaccount/token", "utf8");
const answer = await fetch(uri, { headers: { authorization: token } });
if (!answer.ok) {
  console.log(`keys refused: ${answer.status}`);
  process.exit(1);
}
const keys = z
  .object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), Token: z.string() })
  .parse(await answer.json());
for (const pathStyle of [true, false]) {
  const client = new Client({
    endPoint: host,
    useSSL: true,
    region: env.AWS_REGION ?? "",
    pathStyle,
    accessKey: keys.AccessKeyId,
    secretKey: keys.SecretAccessKey,
    sessionToken: keys.Token,
    transportAgent: new Agent({ ca: readFileSync(roots) }),
    retryOptions: { disableRetry: true },
  });
  for (const bucket of buckets) {
    const outcome = client
      .putObject(bucket, "folder/object", "hello")
      .then(async () =>
        (await text(await client.getObject(bucket, "folder/object"))) === "hello" ? "ok" : "other",
      );
    const said = await outcome.catch((error: Error) => error.message);
    console.log(`${bucket} ${pathStyle ? "path" : "host"} ${said}`);
  }
}
process.exit(0);
