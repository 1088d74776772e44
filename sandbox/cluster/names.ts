/** Names beside the cluster's own that its DNS answers, as a simulated cloud gives them to its servers. */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The file of such names in the folder of a run; lines as in /etc/hosts. Read again within 200 ms. */
export function namesFile(run: string): string {
  return join(run, "names");
}

/** A name and its IPv4 address. */
export interface GivenName {
  readonly host: string;
  readonly address: string;
}

/**
 * Makes these the given names of the sandbox cluster that `kubeconfig` belongs to; written whole, as DNS reads it at
 * any moment.
 * @throws for a cluster that is not the sandbox's own, whose DNS knows nothing of the file.
 */
export function giveNames(kubeconfig: string, names: readonly GivenName[]): void {
  const file = namesFile(dirname(dirname(kubeconfig)));
  if (!existsSync(file)) {
    throw new Error(
      `${kubeconfig} is not the kubeconfig of a running sandbox cluster, and only that one's DNS can be given names; ` +
        "start one with `node sandbox/cluster/main.ts start`, or stop and start the one that is older than this file",
    );
  }
  const lines = [...names].sort((a, b) => a.host.localeCompare(b.host));
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, lines.map(({ host, address }) => `${address} ${host}\n`).join(""));
  renameSync(partial, file);
}
