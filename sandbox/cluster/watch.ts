/**
 * Run where the cluster's addresses exist: `watch.ts KUBECONFIG PART...`. Waits for one part after the other and
 * prints its name. One process that asks over a kept connection: a kubectl for each look would take a tenth of a
 * second of processor time, while the API server wants all of it.
 */
import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { NODE_NAME } from "./configs.ts";
import { ADDRESSES } from "./network.ts";

/** As `configs.kubeconfig` writes it. */
const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.string(), "certificate-authority": z.string() }) }),
  ]),
  users: z.tuple([
    z.object({ user: z.object({ "client-certificate": z.string(), "client-key": z.string() }) }),
  ]),
});

const conditionsSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

const [path = "", ...parts] = process.argv.slice(2);
const { clusters, users } = kubeconfigSchema.parse(JSON.parse(readFileSync(path, "utf8")));
const agent = new Agent({
  keepAlive: true,
  ca: readFileSync(clusters[0].cluster["certificate-authority"]),
  cert: readFileSync(users[0].user["client-certificate"]),
  key: readFileSync(users[0].user["client-key"]),
});

/** The body of a 200 answer, or undefined. */
function fetched(resource: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = get(`${clusters[0].cluster.server}${resource}`, { agent, timeout: 2000 }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.on("end", () => resolve(answer.statusCode === 200 ? body : undefined));
      answer.on("error", () => resolve(undefined));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
  });
}

async function hasCondition(resource: string, type: string): Promise<boolean> {
  const body = await fetched(resource);
  const read = body === undefined ? undefined : conditionsSchema.safeParse(JSON.parse(body));
  return read?.data?.status.conditions.some((each) => each.type === type && each.status === "True") ?? false;
}

/** Proves kube-proxy and DNS at once: a name is asked for at the Service's address. */
async function nameResolves(): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([ADDRESSES.dns]);
  const answer = await resolver.resolve4("kubernetes.default.svc.cluster.local").catch(() => undefined);
  return answer !== undefined;
}

const looks: Readonly<Record<string, () => Promise<boolean>>> = {
  api: async () => (await fetched("/readyz")) !== undefined,
  node: () => hasCondition(`/api/v1/nodes/${NODE_NAME}`, "Ready"),
  // Without it no pod can be made in the default namespace.
  account: async () => (await fetched("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined,
  dns: nameResolves,
  metrics: () =>
    hasCondition("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io", "Available"),
};

for (const part of parts) {
  const look = looks[part];
  if (look === undefined) throw new Error(`part ${part}: allowed are ${Object.keys(looks).join(", ")}`);
  while (!(await look())) await sleep(50);
  console.log(part);
}
agent.destroy();
