import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import type { ClusterHandle } from "./handle.ts";

/**
 * A handle for a cluster of the user's own (kind, k3d, minikube ...). It is used as it is: nothing is started, and
 * stop refuses it.
 * @throws if the file or the context is not there.
 */
export function useCluster(args: { kubeconfig: string; context?: string }): ClusterHandle {
  if (!existsSync(args.kubeconfig)) {
    throw new Error(
      `kubeconfig "${args.kubeconfig}": there is no such file; give the path of an existing one`,
    );
  }
  const config = new KubeConfig();
  config.loadFromFile(args.kubeconfig);
  const contexts = config.getContexts().map((each) => each.name);
  const context = args.context ?? config.getCurrentContext();
  if (!contexts.includes(context)) {
    throw new Error(
      `context "${context}" is not in ${args.kubeconfig}; it has ${contexts.join(", ") || "none"}: name one of these`,
    );
  }
  config.setCurrentContext(context);
  const server = config.getCurrentCluster()?.server ?? "";
  return {
    name: context,
    kubeconfig: args.kubeconfig,
    context,
    netns: null,
    nodeAddress: URL.canParse(server) ? new URL(server).hostname : "",
    simulated: false,
    startedAt: new Date().toISOString(),
    pids: [],
    state: "ready",
    external: true,
  };
}
