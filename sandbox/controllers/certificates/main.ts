/**
 * Entry of the certificates' container: `node certificates.mjs`. Settings by environment, all optional:
 * CERTIFICATES_NAMESPACE (`cert-manager`), CERTIFICATES_AUTHORITY (`sandbox-ca`), CERTIFICATES_KUBECONFIG where it is
 * no pod.
 */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { accessFromKubeconfig, accessFromPod, kubeClient } from "../kube/client.ts";
import { ensureAuthority, ensureClusterIssuer } from "./bootstrap.ts";
import { startCertificates } from "./controller.ts";

const { env } = process;
const log = (line: string) => console.log(`certificates: ${line}`);
const namespace = env.CERTIFICATES_NAMESPACE ?? "cert-manager";
const kubeconfig = env.CERTIFICATES_KUBECONFIG;
const client = kubeClient(kubeconfig === undefined ? accessFromPod(env) : accessFromKubeconfig(kubeconfig));

async function authority(): Promise<void> {
  for (;;) {
    try {
      const name = env.CERTIFICATES_AUTHORITY ?? "sandbox-ca";
      const made = await ensureAuthority(client, namespace, name);
      if (made) log("made the sandbox's certificate authority");
      await ensureClusterIssuer(client, name);
      return;
    } catch (error) {
      // The pod may start a moment before its rights or the definitions are there.
      log(`${String(error)}; again in 250 ms`);
      await delay(250);
    }
  }
}

await authority();
const controller = startCertificates({ client, clusterNamespace: namespace, log });
// Nobody asks after the health of a process on the host, where the port may be somebody else's.
const health = createServer((_, response) => response.end("ok\n"));
if (kubeconfig === undefined) health.listen(8080);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    controller.close();
    health.close();
    client.close();
    process.exit(0);
  });
}
