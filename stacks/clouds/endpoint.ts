/** A cluster's endpoint that is public or private: what to say when it does not answer, and when it cannot yet. */
import type { Problem } from "../problems.ts";

/** The keys that two clouds share. */
export interface EndpointConfig {
  readonly on?: string | undefined;
  readonly cluster: {
    readonly name?: string | undefined;
    readonly endpoint: { readonly access: "private" | "public"; readonly cidrs: readonly string[] };
  };
}

const allowed = "a cluster whose API answers the machine that runs Portolan";

/** `network`: what the cloud calls it. `opens`: whether a cluster that is private can become public. */
export function unreachableEndpoint(
  { on, cluster }: EndpointConfig,
  { network, opens }: { readonly network: string; readonly opens: boolean },
): Problem {
  const { access, cidrs } = cluster.endpoint;
  const inside = `run Portolan inside the ${network}, or by a VPN or peering into it`;
  if (on !== undefined)
    return {
      key: "portolan:platform.on",
      value: on,
      allowed,
      remedy: `run the cell from where its base is run: ${inside}`,
    };
  if (cluster.name !== undefined)
    return { key: "portolan:platform.cluster.name", value: cluster.name, allowed, remedy: inside };
  const key = "portolan:platform.cluster.endpoint";
  if (access === "public")
    return {
      key: `${key}.cidrs`,
      value: cidrs,
      allowed,
      remedy: "add the address by which this machine goes out, as a /32",
    };
  return {
    key: `${key}.access`,
    value: access,
    allowed,
    remedy: opens
      ? `${inside}; or set it to public, with this machine's address in cluster.endpoint.cidrs`
      : `${inside}: whether a cluster is private was fixed when it was made`,
  };
}

/** Undefined unless the first `up` is bound to stop: nobody is inside a network that is not there yet. */
export function privateAtFirst(config: EndpointConfig, makesNetwork: boolean): string | undefined {
  const { on, cluster } = config;
  if (on !== undefined || cluster.name !== undefined || !makesNetwork) return undefined;
  if (cluster.endpoint.access === "public") return undefined;
  return (
    "the cluster's API will answer only inside a network that this stack makes. The first `up` builds both and stops there, " +
    "unless the machine it runs on is connected meanwhile; connect it, and run `up` again. Or name a network it is in already, " +
    "or set portolan:platform.cluster.endpoint.access to public with its address in cluster.endpoint.cidrs"
  );
}
