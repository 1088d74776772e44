/** Traefik's chart values: pure, so that tables can test them. */
import type * as pulumi from "@pulumi/pulumi";
import type { EdgeRequest } from "../cloud.ts";
import type { Images, Lifecycle } from "../platform.ts";
import { traefikImage } from "./images.ts";

/** How a cloud makes the load balancer in front of the edge. */
export interface LoadBalancerSettings {
  /** `spec.loadBalancerClass`; immutable, hence only where a cloud needs it. */
  readonly class?: string;
  readonly annotations: Record<string, pulumi.Input<string>>;
}

export interface TraefikSettings {
  readonly request: Pick<EdgeRequest, "className" | "tcpPortsInUse" | "sources">;
  readonly lifecycle: Lifecycle;
  readonly labels: Readonly<Record<string, string>>;
  readonly loadBalancer: LoadBalancerSettings;
  /** `traefik` replaces the chart's image. */
  readonly images?: Images;
}

/** Name of the release, and so of its Service and Deployment: the chart adds nothing to a name that holds its own. */
export const traefikRelease = "traefik";

/** The uid of the chart's image. */
const user = 65532;

/** Ports the chart itself listens on inside the pod: web, websecure, its own, metrics. */
const chartPorts: readonly number[] = [8000, 8443, 8080, 9100];

/**
 * The port inside the pod for each TCP port outside: the same number, unless it would need root or is one of the
 * chart's own; then the first free one from 40000 above.
 */
export function containerPorts(ports: readonly number[]): ReadonlyMap<number, number> {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const fits = (port: number) => port >= 1024 && !chartPorts.includes(port);
  const chosen = new Map(sorted.filter(fits).map((port) => [port, port]));
  const taken = new Set(chosen.values());
  for (const port of sorted.filter((one) => !fits(one))) {
    let inner = 40_000 + port;
    while (taken.has(inner)) inner += 1;
    taken.add(inner);
    chosen.set(port, inner);
  }
  return new Map(sorted.map((port) => [port, chosen.get(port) ?? port]));
}

export function traefikValues(settings: TraefikSettings): Record<string, unknown> {
  const { request, lifecycle, labels, loadBalancer } = settings;
  const production = lifecycle === "production";
  // A load balancer learns of a leaving pod some seconds late: until then it goes on to accept.
  const transport = { lifeCycle: { requestAcceptGraceTimeout: production ? 15 : 1 } };
  return {
    ...traefikImage(settings.images ?? {}),
    commonLabels: labels,
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    deployment: { replicas: production ? 2 : 1 },
    podDisruptionBudget: production ? { enabled: true, maxUnavailable: 1 } : { enabled: false },
    topologySpreadConstraints: spread(),
    ingressClass: { enabled: true, isDefaultClass: false, name: request.className },
    providers: {
      kubernetesCRD: { enabled: true, ingressClass: request.className, allowCrossNamespace: false },
      kubernetesIngress: { enabled: true, ingressClass: request.className },
    },
    ports: {
      // Only these two by default: else a route that names no entry point would be on every TCP port as well.
      web: {
        asDefault: true,
        transport,
        http: { redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } } },
      },
      websecure: { asDefault: true, transport },
      ...Object.fromEntries(
        [...containerPorts(request.tcpPortsInUse)].map(([port, inner]) => [
          `tcp-${port}`,
          { port: inner, exposedPort: port, expose: { default: true }, protocol: "TCP", transport },
        ]),
      ),
    },
    service: {
      annotations: loadBalancer.annotations,
      spec: {
        type: "LoadBalancer",
        // Keeps the caller's address, and spares a hop.
        externalTrafficPolicy: "Local",
        ...(loadBalancer.class === undefined ? {} : { loadBalancerClass: loadBalancer.class }),
        ...(request.sources.length > 0 ? { loadBalancerSourceRanges: [...request.sources] } : {}),
      },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    resources: {
      requests: { cpu: production ? "200m" : "50m", memory: "128Mi" },
      limits: { memory: "512Mi" },
    },
  };
}

/** Copies on several zones and nodes where that is possible. */
function spread(): readonly Record<string, unknown>[] {
  const labelSelector = { matchLabels: { "app.kubernetes.io/name": "traefik" } };
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector,
  }));
}
