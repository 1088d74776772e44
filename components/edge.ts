/** How one tenant is reached: its address, its routes and its own ports, as data for the release. */
import type { RouteBinding } from "../apps/app.ts";
import type { EdgeFacts } from "../providers/platform.ts";
import { certificateSecretName } from "./certificates.ts";
import { portKey } from "./tcpPorts.ts";

/** `ports`: what `assignPorts` gave, by `slug/service`. */
export function tenantRoute(
  edge: EdgeFacts,
  slug: string,
  hosts: readonly string[],
  services: readonly string[],
  ports: ReadonlyMap<string, number>,
): RouteBinding {
  const tcp = services.flatMap((service) => {
    const port = ports.get(portKey(slug, service));
    return port === undefined ? [] : [[service, { entryPoint: entryPointOf(port), port }] as const];
  });
  return {
    kind: edge.kind,
    className: edge.className,
    hosts,
    tlsSecret: certificateSecretName,
    tcp: Object.fromEntries(tcp),
  };
}

/** Name of the edge's entry point that listens on a port. */
export function entryPointOf(port: number): string {
  return `tcp-${port}`;
}

export function urlOf(hosts: readonly string[]): string {
  return `https://${hosts[0] ?? ""}/`;
}
