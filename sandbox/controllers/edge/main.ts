/**
 * Entry of the edge's container: `node edge.mjs`. Settings by environment, all optional:
 * EDGE_NAMESPACE and EDGE_SERVICE (`edge`), EDGE_ADDRESS (`10.99.0.1`; empty: the Service's own), EDGE_CLASS (`sandbox`),
 * EDGE_BALANCES (`yes`: plays the cloud for other Services of type LoadBalancer), EDGE_RUN (`/run/edge`), NGINX
 * (`/usr/sbin/nginx`), NGINX_STREAM (Debian's path of the stream module).
 */
import { accessFromPod, kubeClient } from "../kube/client.ts";
import { startEdge } from "./controller.ts";
import { nginxServer } from "./server.ts";

const { env } = process;
const log = (line: string) => console.log(`edge: ${line}`);

const nginx = await nginxServer({
  nginx: env.NGINX ?? "/usr/sbin/nginx",
  runFolder: env.EDGE_RUN ?? "/run/edge",
  streamModule: env.NGINX_STREAM ?? "/usr/lib/nginx/modules/ngx_stream_module.so",
  log,
  died: (code) => {
    log(`nginx ended with code ${code}`);
    process.exit(1);
  },
});
const client = kubeClient(accessFromPod(env));
const edge = startEdge({
  client,
  nginx,
  place: {
    namespace: env.EDGE_NAMESPACE ?? "edge",
    service: env.EDGE_SERVICE ?? "edge",
    address: env.EDGE_ADDRESS === "" ? undefined : (env.EDGE_ADDRESS ?? "10.99.0.1"),
  },
  balances: env.EDGE_BALANCES === "yes",
  ingressClass: env.EDGE_CLASS ?? "sandbox",
  log,
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    edge.close();
    client.close();
    void nginx.stop(4000).then(() => process.exit(0));
  });
}
