import { existsSync, readFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
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
 * stop does not know it. `kubeconfig` may be a list of files, as in the variable KUBECONFIG: the first that has the
 * context is taken.
 * @throws if the file or the context is not there.
 */
export function useCluster(args: { kubeconfig: string; context?: string }): ClusterHandle {
  const files = args.kubeconfig.split(delimiter).filter((file) => file !== "" && existsSync(file));
  const found = files.map((file) => read(resolve(file), args.context));
  const [first] = found;
  if (first === undefined) {
    throw new Error(
      `kubeconfig "${args.kubeconfig}": there is no such file; give the path of an existing one`,
    );
  }
  const good = found.find((one) => typeof one !== "string");
  if (good === undefined || typeof good === "string") throw new Error(found.join("; "));
  return good;
}

/** The handle, or why there is none. */
function read(kubeconfig: string, wanted: string | undefined): ClusterHandle | string {
  const config = kubeconfigSchema.safeParse(parse(readFileSync(kubeconfig, "utf8")));
  if (!config.success) return `kubeconfig "${kubeconfig}": ${z.prettifyError(config.error)}`;
  const { contexts, clusters } = config.data;
  const name = wanted ?? config.data["current-context"];
  const context = contexts.find((each) => each.name === name);
  if (context === undefined) {
    const known = contexts.map((each) => each.name).join(", ") || "none";
    return `context "${name}" is not in ${kubeconfig}; it has ${known}: name one of these`;
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
