/**
 * Entry of the installation, run in the cluster's network namespace:
 * `install.ts --kubeconfig FILE --address EDGE_ADDRESS [--simulated]`. Applies everything at once, but Deployments when
 * standard input ends (their image is there then), and waits until the edge answers and the ClusterIssuer is ready.
 * `--simulated` leaves out the pods and the edge's answer. Progress on standard output, one line each.
 */
import { connect } from "node:net";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { crdFiles } from "../toolchain/index.ts";
import { accessFromKubeconfig, hasStatus, type KubeClient, kubeClient } from "./kube/client.ts";
import { definitions, type Manifest, manifests } from "./manifests.ts";

const plurals = new Map([
  ["Namespace", "namespaces"],
  ["ServiceAccount", "serviceaccounts"],
  ["ClusterRole", "clusterroles"],
  ["ClusterRoleBinding", "clusterrolebindings"],
  ["IngressClass", "ingressclasses"],
  ["Service", "services"],
  ["Deployment", "deployments"],
  ["CustomResourceDefinition", "customresourcedefinitions"],
]);

function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const plural = plurals.get(kind);
  if (plural === undefined) throw new Error(`no path is known for kind ${kind}; add it to install.ts`);
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const scope = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${root}${scope}/${plural}/${metadata.name}`;
}

async function apply(client: KubeClient, manifest: Manifest): Promise<void> {
  const path = `${pathOf(manifest)}?fieldManager=portolan-sandbox&force=true`;
  for (let attempt = 0; ; attempt++) {
    try {
      await client.request("PATCH", path, manifest, "apply-patch");
      return;
    } catch (error) {
      // Two seconds' patience: just after a start the API server's rights and namespaces are still being filled in.
      if (attempt >= 20 || !(hasStatus(error, 403) || hasStatus(error, 404) || hasStatus(error, 409)))
        throw error;
      await delay(100);
    }
  }
}

async function until(what: string, check: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) {
      throw new Error(
        `${what} after ${timeoutMs / 1000} s; look at the pods in namespaces edge and cert-manager`,
      );
    }
    await delay(50);
  }
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

const issuerSchema = z.object({
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .prefault({}),
});

async function issuerReady(client: KubeClient, name: string): Promise<boolean> {
  try {
    const answer = await client.request("GET", `/apis/cert-manager.io/v1/clusterissuers/${name}`);
    return issuerSchema
      .parse(answer)
      .status.conditions.some((c) => c.type === "Ready" && c.status === "True");
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { kubeconfig: text, address: text, simulated: { type: "boolean", default: false } },
});
const { kubeconfig, address, simulated } = values;
if (kubeconfig === undefined || address === undefined) {
  throw new Error("usage: install.ts --kubeconfig FILE --address EDGE_ADDRESS [--simulated]");
}
const client = kubeClient(accessFromKubeconfig(kubeconfig));
try {
  const all = manifests().filter((manifest) => !(simulated && manifest.kind === "Deployment"));
  const first = all.filter((m) => m.kind === "Namespace");
  const crds = Promise.all(
    definitions([...crdFiles("cert-manager"), ...crdFiles("traefik"), ...crdFiles("external-secrets")]).map(
      (crd) => apply(client, crd),
    ),
  );
  await Promise.all(first.map((manifest) => apply(client, manifest)));
  const last = all.filter((m) => m.kind === "Deployment");
  const rest = all.filter((m) => !first.includes(m) && !last.includes(m));
  await Promise.all(rest.map((manifest) => apply(client, manifest)));
  await finished(process.stdin.resume());
  await Promise.all(last.map((manifest) => apply(client, manifest)));
  await crds;
  console.log("edge and certificates are applied");
  if (simulated) {
    const status = { loadBalancer: { ingress: [{ ip: address }] } };
    await client.request("PATCH", "/api/v1/namespaces/edge/services/edge/status", { status }, "merge-patch");
  }
  await Promise.all([
    until(`ClusterIssuer "sandbox-ca" is not ready`, () => issuerReady(client, "sandbox-ca"), 60_000),
    until(
      `the edge does not answer on ${address}:443`,
      async () => simulated || (await listens(address, 443)),
      60_000,
    ),
  ]);
  console.log(
    simulated
      ? "certificates are issued; the edge is only a Service without pods"
      : `the edge answers on ${address}; certificates are issued by ClusterIssuer sandbox-ca`,
  );
} finally {
  client.close();
}
