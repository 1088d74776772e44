/** Entry of the container of External Secrets' stand-in: `node external-secrets.mjs`. */
import { createServer } from "node:http";
import { accessFromPod, kubeClient } from "../kube/client.ts";
import { startExternalSecrets } from "./controller.ts";

const log = (line: string) => console.log(`external-secrets: ${line}`);
const client = kubeClient(accessFromPod(process.env));
const controller = startExternalSecrets({ client, log });
const health = createServer((_, response) => response.end("ok\n"));
health.listen(8080);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    controller.close();
    health.close();
    client.close();
    process.exit(0);
  });
}
