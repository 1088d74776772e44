import { ensureTools, type ToolName, toolPath } from "../toolchain/index.ts";

/** What the real cluster runs. */
export const REAL_TOOLS = [
  "kubectl",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
  "local-path-provisioner",
  "metrics-server",
  "pause",
] as const satisfies readonly ToolName[];

/** What a cluster without pods runs. */
export const SIMULATED_TOOLS = [
  "kubectl",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "local-path-provisioner",
  "kwok",
] as const satisfies readonly ToolName[];

/** Paths of a cluster's programs. */
export type Programs<Name extends ToolName = (typeof REAL_TOOLS)[number]> = Readonly<Record<Name, string>>;

/**
 * Paths of the programs, built where they are not there yet.
 * @throws if a build fails.
 */
export async function programsFor<Name extends ToolName>(
  names: readonly Name[],
  report: (line: string) => void,
): Promise<Programs<Name>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const path = toolPath(name);
    if (path !== undefined) found[name] = path;
  }
  const complete = (some: Partial<Record<Name, string>>): some is Record<Name, string> =>
    names.every((name) => some[name] !== undefined);
  // Asking the toolchain, which runs Go and may wait for another build, only where something is missing.
  return complete(found) ? found : ensureTools(names, report);
}

/**
 * Path of a tool that was made available before.
 * @throws if it was not.
 */
export function requiredTool(name: ToolName): string {
  const path = toolPath(name);
  if (path === undefined) throw new Error(`${name} is not there; run "make sandbox" to build it`);
  return path;
}
