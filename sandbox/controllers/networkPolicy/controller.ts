/** Keeps one nftables table saying what the NetworkPolicies say. */
import { spawn } from "node:child_process";
import type { KubeClient } from "../kube/client.ts";
import { coalescingLoop } from "../kube/loop.ts";
import { watchResource } from "../kube/watch.ts";
import { watchCniRecords } from "./cni.ts";
import { compile } from "./compile.ts";
import { endpointsOf } from "./endpoints.ts";
import { type Endpoint, namespaceSchema, networkPolicySchema, podSchema } from "./objects.ts";
import { type RenderOptions, renderNft } from "./render.ts";

export interface PolicyOptions {
  readonly client: KubeClient;
  readonly table: RenderOptions;
  /** Folder of the CNI library's records, and the network's name in them. */
  readonly cni: { readonly folder: string; readonly network: string };
  /** Where the cluster's DNS really listens, when it is a process on the node and not a pod. */
  readonly dnsAddress?: string;
  readonly log: (line: string) => void;
}

/** Loads a script in one transaction: either all of it counts or nothing. Throws with what nft said. */
export function loadNft(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const nft = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    nft.stderr.on("data", (part: Buffer) => {
      said += part.toString("utf8");
    });
    nft.on("error", reject);
    nft.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`nft refuses the rules, the last ones stay (code ${code}): ${said}`));
    });
    nft.stdin.end(script);
  });
}

/** The DNS process, as the pod that policies expect it to be. */
function dnsEndpoint(address: string): Endpoint {
  return {
    namespace: "kube-system",
    name: "coredns",
    labels: { "k8s-app": "kube-dns" },
    address,
    ports: [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ],
    onNode: true,
  };
}

/** Starts the controller; resolves when the first rules are loaded. They stay when the process ends. */
export async function startNetworkPolicy(options: PolicyOptions): Promise<{ close(): void }> {
  const { client, log } = options;
  let loop: { trigger(): void } = { trigger: () => {} };
  const changed = () => loop.trigger();
  const common = { client, changed, log };
  const policies = watchResource({
    ...common,
    path: "/apis/networking.k8s.io/v1/networkpolicies",
    schema: networkPolicySchema,
  });
  const namespaces = watchResource({ ...common, path: "/api/v1/namespaces", schema: namespaceSchema });
  const pods = watchResource({ ...common, path: "/api/v1/pods", schema: podSchema });
  const records = await watchCniRecords(options.cni.folder, options.cni.network, changed);
  const onNode = options.dnsAddress === undefined ? [] : [dnsEndpoint(options.dnsAddress)];
  let loaded = "";

  async function reconcile(): Promise<void> {
    const endpoints = [...endpointsOf(pods.items(), await records.read()), ...onNode];
    const ruleset = compile({ policies: policies.items(), namespaces: namespaces.items(), endpoints });
    const script = renderNft(ruleset, options.table);
    if (script === loaded) return;
    const begun = performance.now();
    await loadNft(script);
    loaded = script;
    const took = Math.round(performance.now() - begun);
    log(`${ruleset.groups.length} groups over ${ruleset.known.length} pods loaded in ${took} ms`);
  }

  await Promise.all([policies.synced, namespaces.synced, pods.synced]);
  await reconcile();
  const running = coalescingLoop(reconcile, 5, log);
  loop = running;
  running.trigger();
  return {
    close() {
      for (const store of [policies, namespaces, pods]) store.close();
      records.close();
    },
  };
}
