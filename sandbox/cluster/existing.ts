import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { ClusterHandle } from "./handle.ts";

const kubeconfigSchema = z.object({
  "current-context": z.string().default(""),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })).default([]),
  clusters: z.array(z.object({ name: z.string(), cluster: z.object({ server: z.string() }) })).default([]),
});

/**
 * A handle for a cluster of the user's own (kind, k3d, minikube ...). It is used as it is: nothing is started, and
 * stop does not know it.
 * @throws if the file or the context is not there.
 */
export function useCluster(args: { kubeconfig: string; context?: string }): ClusterHandle {
  const { kubeconfig } = args;
  if (!existsSync(kubeconfig)) {
    throw new Error(`kubeconfig "${kubeconfig}": there is no such file; give the path of an existing one`);
  }
  const config = kubeconfigSchema.safeParse(parse(readFileSync(kubeconfig, "utf8")));
  if (!config.success) throw new Error(`kubeconfig "${kubeconfig}": ${z.prettifyError(config.error)}`);
  const { contexts, clusters } = config.data;
  const name = args.context ?? config.data["current-context"];
  const context = contexts.find((each) => each.name === name);
  if (context === undefined) {
    const known = contexts.map((each) => each.name).join(", ") || "none";
    throw new Error(`context "${name}" is not in ${kubeconfig}; it has ${known}: name one of these`);
  }
  const server = clusters.find((each) => each.name === context.context.cluster)?.cluster.server ?? "";
  return {
    name,
    kubeconfig,
    context: name,
    netns: null,
    nodeAddress: URL.canParse(server) ? new URL(server).hostname : "",
    simulated: false,
    startedAt: new Date().toISOString(),
    pids: [],
    state: "ready",
    external: true,
  };
}
