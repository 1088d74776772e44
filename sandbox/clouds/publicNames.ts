/**
 * Names under which a simulated cloud says that its control planes are reached, with a certificate of a public
 * authority. The world's DNS does not know them, and no authority of the sandbox is a public one; so whoever reads a
 * kubeconfig in the sandbox takes the sandbox's own cluster for them.
 */
const publicNames = /\.gke\.goog$/;

interface Entry {
  readonly name: string;
  readonly server: string;
  readonly caData?: string;
  readonly caFile?: string;
}

/** Clusters of a kubeconfig, those of public names with the sandbox's address and authority. */
export function atSandbox<E extends Entry>(clusters: readonly E[], sandbox: () => Entry): E[] {
  return clusters.map((cluster) => {
    const own = cluster.caData !== undefined || cluster.caFile !== undefined;
    if (own || !publicNames.test(hostOf(cluster.server))) return cluster;
    const { server, caData, caFile } = sandbox();
    return {
      ...cluster,
      server,
      ...(caData === undefined ? {} : { caData }),
      ...(caFile === undefined ? {} : { caFile }),
    };
  });
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).hostname : "";
}
