import type { Topology, TopologyEdge, TopologyNode } from "./model.ts";

/** What the picture is drawn from: objects of the cluster, reduced to what an arrow or a box needs. */
export interface Scene {
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly ports: readonly number[];
    readonly selector: Readonly<Record<string, string>>;
    /** Address on the outside, empty for a Service that has none. */
    readonly external: string;
  }[];
  readonly workloads: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly kind: string;
    readonly ready: number;
    readonly wanted: number;
    readonly labels: Readonly<Record<string, string>>;
    /** Names of its claims; those of a StatefulSet's templates are listed by their full names. */
    readonly claims: readonly string[];
    /** Everything in which a Service's name may be found: environment and mounted ConfigMaps. */
    readonly text: string;
  }[];
  readonly claims: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly size: string;
    readonly storageClass: string;
  }[];
  /** Ingress, IngressRoute, IngressRouteTCP and the like. */
  readonly routes: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly note: string;
    /** Names of Services in the same namespace. */
    readonly services: readonly string[];
  }[];
}

type Kind = TopologyNode["kind"];

function id(kind: Kind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function chooses(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

/**
 * Boxes and arrows: clients → the edge → routes → Services → workloads → claims, and from a workload to each Service
 * outside its own reach whose cluster name it was told.
 */
export function draw(scene: Scene): Topology {
  const nodes: TopologyNode[] = [];
  const edges: TopologyEdge[] = [];
  const box = (kind: Kind, group: string, label: string, note: string) =>
    nodes.push({ id: id(kind, group, label), kind, label, note, group });

  const edge = scene.services.find((service) => service.external !== "");
  nodes.push({ id: "client", kind: "client", label: "clients", note: "over TLS", group: "" });
  const entry = edge === undefined ? "client" : id("service", edge.namespace, edge.name);
  if (edge !== undefined) edges.push({ from: "client", to: entry });

  for (const service of scene.services) {
    const note = service.external === "" ? service.ports.join(", ") : service.external;
    box("service", service.namespace, service.name, note);
    for (const workload of scene.workloads) {
      if (workload.namespace !== service.namespace || !chooses(service.selector, workload.labels)) continue;
      // The edge's own pod stays out: every arrow would run through it.
      if (service === edge) continue;
      edges.push({
        from: id("service", service.namespace, service.name),
        to: id("workload", workload.namespace, workload.name),
      });
    }
  }
  for (const route of scene.routes) {
    box("route", route.namespace, route.name, route.note);
    edges.push({ from: entry, to: id("route", route.namespace, route.name) });
    for (const service of route.services) {
      edges.push({
        from: id("route", route.namespace, route.name),
        to: id("service", route.namespace, service),
      });
    }
  }
  for (const workload of scene.workloads) {
    if (edge !== undefined && workload.namespace === edge.namespace) continue;
    box(
      "workload",
      workload.namespace,
      workload.name,
      `${workload.kind} ${workload.ready}/${workload.wanted}`,
    );
    const from = id("workload", workload.namespace, workload.name);
    for (const claim of workload.claims) edges.push({ from, to: id("claim", workload.namespace, claim) });
    for (const service of scene.services) {
      if (service.namespace === workload.namespace) continue;
      if (!workload.text.includes(`${service.name}.${service.namespace}.svc`)) continue;
      edges.push({ from, to: id("service", service.namespace, service.name) });
    }
  }
  for (const claim of scene.claims) {
    box("claim", claim.namespace, claim.name, `${claim.size} ${claim.storageClass}`);
  }
  const known = new Set(nodes.map((node) => node.id));
  return { nodes, edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)) };
}
