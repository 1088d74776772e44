/** Managed host names: each Service says in an annotation which names are its own, and the cluster's DNS is told. */
import { Resolver } from "node:dns/promises";
import { type GivenName, giveNames } from "../../cluster/names.ts";
import { ADDRESSES } from "../../cluster/network.ts";
import { type CloudSpace, cloudLabel, until } from "./objects.ts";

/** On a Service: the names under which clients look for it, separated by blanks. */
export const hostsAnnotation = "portolan.dev/hosts";

/** On a Service: the address of its names, where it is another than its own. */
export const addressAnnotation = "portolan.dev/address";

let turn: Promise<unknown> = Promise.resolve();

/**
 * Writes the names of all clouds' Services for the cluster's DNS. The Services are the truth and the file follows
 * them, so whatever a crash left out is mended by the next call; calls follow one another, lest an older list win.
 */
export function publishHosts(space: CloudSpace, kubeconfig: string): Promise<void> {
  const next = turn.then(async () => giveNames(kubeconfig, await givenNames(space)));
  turn = next.catch(() => {});
  return next;
}

async function givenNames(space: CloudSpace): Promise<GivenName[]> {
  const { items } = await space.core.listServiceForAllNamespaces({ labelSelector: cloudLabel });
  return items.flatMap(({ metadata, spec }) => {
    const address = metadata?.annotations?.[addressAnnotation] ?? spec?.clusterIP ?? "";
    const hosts = metadata?.annotations?.[hostsAnnotation] ?? "";
    if (metadata?.deletionTimestamp !== undefined || address === "") return [];
    return hosts.split(" ").flatMap((host) => (host === "" ? [] : [{ host, address }]));
  });
}

/** Waits until the cluster's DNS, which pods ask, knows each name by this address. */
export async function untilResolved(hosts: readonly string[], address: string): Promise<void> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([ADDRESSES.dns]);
  for (const host of hosts) {
    let last = "";
    await until(
      async () => {
        const answer = await resolver.resolve4(host).catch((error: Error) => [error.message]);
        last = answer.join(" ");
        return last === address;
      },
      async () => `The cluster's DNS answers ${host} with "${last}", not with ${address}`,
      15_000,
      50,
    );
  }
}
