import { join } from "node:path";
import { type ClusterHandle, clusterPaths, insidePrefix } from "./handle.ts";
import type { Manifest } from "./manifests.ts";
import { run, tryRun } from "./run.ts";
import { requiredTool } from "./tools.ts";

/** What kubectl needs to know of a cluster. */
export type Target = Pick<ClusterHandle, "name" | "kubeconfig" | "netns" | "context">;

function command(target: Target, args: readonly string[]): string[] {
  const kubectl = requiredTool("kubectl");
  return [
    ...insidePrefix(target),
    kubectl,
    `--kubeconfig=${target.kubeconfig}`,
    `--context=${target.context}`,
    ...args,
  ];
}

function options(target: Target) {
  // Kept with the run: a new cluster of the same name may serve other resources.
  return { env: { KUBECACHEDIR: join(clusterPaths(target.name).run, "kubectl-cache") } };
}

/** Runs kubectl with the admin kubeconfig, where the cluster can be reached. */
export function kubectl(target: Target, args: readonly string[]): Promise<string> {
  return run(command(target, args), options(target));
}

/** As `kubectl`, but returns undefined where it fails. */
export async function tryKubectl(target: Target, args: readonly string[]): Promise<string | undefined> {
  const result = await tryRun(command(target, args), { ...options(target), timeoutMs: 5000 });
  return result.code === 0 ? result.stdout : undefined;
}

/** Server-side apply of all objects in one call. */
export async function applyManifests(target: Target, manifests: readonly Manifest[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
  const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=portolan-sandbox", "-f", "-"];
  await run(command(target, args), { ...options(target), input: list });
}

/** Server-side apply of files. */
export async function applyFiles(target: Target, files: readonly string[]): Promise<void> {
  const args = [
    "apply",
    "--server-side",
    "--field-manager=portolan-sandbox",
    ...files.map((file) => `-f=${file}`),
  ];
  await run(command(target, args), options(target));
}
