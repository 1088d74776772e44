/** Mistakes about the tenants' ports on the edge. */
import type { App } from "../apps/app.ts";
import { entryPointOf } from "../components/edge.ts";
import { assignPorts, type PortWish } from "../components/tcpPorts.ts";
import type { TcpRoute } from "./cluster.ts";
import type { Problem } from "./problems.ts";
import type { Parts } from "./values.ts";

/**
 * Ports of the edge that are kept for TCP services where the stack file names none: wide, so that two tenants whose
 * ports follow from their names seldom fall on the same one. Only ports in use need an entry point.
 */
export const defaultTcpPorts = { from: 11112, to: 12111 };

export function checkTcp(parts: Parts, app: App): Problem[] {
  const { edge, tenants } = parts;
  const services = app.needs.tcp ?? [];
  if (!edge) return [];
  const problems: Problem[] = [];
  if (services.length > 0 && edge.kind !== "traefik") {
    problems.push({
      key: "portolan:edge.kind",
      value: edge.kind,
      allowed: `traefik, because ${app.name} has the TCP service${services.length > 1 ? "s" : ""} ${services.join(", ")}`,
      remedy: "an Ingress carries HTTP only; choose traefik",
    });
    return problems;
  }
  const range = edge.tcpPorts ?? defaultTcpPorts;
  const { conflicts, ports } = assignPorts(portWishes(tenants, services), range);
  const taken = new Set(ports.values());
  for (const { wish, port, holder } of conflicts) {
    problems.push({
      key: `portolan:tenants.${wish.slug}.tcp.${wish.service}`,
      value: port,
      allowed: `a port from ${range.from} to ${range.to} that no other tenant has; ${holder.slug} has ${port}`,
      remedy: `name another port here: ${nextFree(port, range, taken) ?? "none is free, so widen portolan:edge.tcpPorts"}`,
    });
  }
  const holders = new Map([...ports].map(([key, port]) => [port, key]));
  edge.tcpOpen.forEach((port, index) => {
    const key = `portolan:edge.tcpOpen[${index}]`;
    const holder = holders.get(port);
    if (port < range.from || port > range.to) {
      problems.push({
        key,
        value: port,
        allowed: `${range.from} to ${range.to}`,
        remedy: "change the port, or portolan:edge.tcpPorts",
      });
    } else if (holder) {
      problems.push({
        key,
        value: port,
        allowed: "a port that no tenant of this stack has",
        remedy: `${holder} has it: choose another`,
      });
    }
  });
  for (const [slug, tenant] of Object.entries(tenants)) {
    for (const [service, port] of Object.entries(tenant.tcp)) {
      const key = `portolan:tenants.${slug}.tcp.${service}`;
      if (!services.includes(service)) {
        problems.push({
          key,
          allowed: services.length > 0 ? services.join(", ") : `nothing: ${app.name} has no TCP service`,
          remedy: "remove this key",
        });
      } else if (port < range.from || port > range.to) {
        problems.push({
          key,
          value: port,
          allowed: `${range.from} to ${range.to}`,
          remedy: "change the port, or portolan:edge.tcpPorts",
        });
      }
    }
  }
  return problems;
}

export function portWishes(tenants: Parts["tenants"], services: readonly string[]): PortWish[] {
  return Object.entries(tenants).flatMap(([slug, tenant]) =>
    services.map((service) => ({ slug, service, port: tenant.tcp[service] })),
  );
}

/** Ports that a cell's tenants want and the base does not have for them, or has given to a tenant of its own. */
export function checkCellPorts(
  ports: ReadonlyMap<string, number>,
  base: {
    readonly name: string;
    readonly open: readonly number[] | undefined;
    readonly taken: readonly number[];
  },
): Problem[] {
  const { name, open, taken } = base;
  return [...ports].flatMap(([key, port]) => {
    const isTaken = taken.includes(port);
    if (!isTaken && (open?.includes(port) ?? true)) return [];
    const [slug = "", service = ""] = key.split("/");
    const free = open?.filter((one) => !taken.includes(one)) ?? [];
    const allowed =
      open === undefined
        ? `a port that no tenant of stack ${name} has`
        : `a port that stack ${name} opened for cells: ${free.length > 0 ? free.join(", ") : "it opened none"}`;
    return [
      {
        key: `portolan:tenants.${slug}.tcp.${service}`,
        value: port,
        allowed,
        remedy:
          open === undefined
            ? "name another one here"
            : `name one of them here, or add one to portolan:edge.tcpOpen of ${name} and \`pulumi up\` that stack first`,
      },
    ];
  });
}

/** Ports that a route of somebody else's is on already: an entry point serves one, and clients would reach the other. */
export function takenInCluster(
  ports: ReadonlyMap<string, number>,
  namespaces: readonly string[],
  routes: readonly TcpRoute[],
): Problem[] {
  const foreign = routes.filter(({ namespace }) => !namespaces.includes(namespace));
  return [...ports].flatMap(([key, port]) => {
    const holder = foreign.find(({ entryPoints }) => entryPoints.includes(entryPointOf(port)));
    if (!holder) return [];
    return [
      {
        key: `portolan:tenants.${key.replace("/", ".tcp.")}`,
        value: port,
        allowed: `a port that nobody else has; namespace ${holder.namespace} has ${port}`,
        remedy: "name another one here",
      },
    ];
  });
}

/** The first port above `port`, going around at the end of the range, that nobody has; taken from then on. */
function nextFree(port: number, range: { from: number; to: number }, taken: Set<number>): number | undefined {
  const size = range.to - range.from + 1;
  for (let step = 1; step < size; step++) {
    const candidate = range.from + ((port - range.from + step) % size);
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
  return undefined;
}
