import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { z } from "zod";
import type { Kube } from "../kube.ts";
import type { Scene } from "./draw.ts";

const routeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      spec: z.object({
        entryPoints: z.array(z.string()).default([]),
        routes: z
          .array(
            z.object({
              match: z.string(),
              services: z.array(z.object({ name: z.string() })).default([]),
            }),
          )
          .default([]),
      }),
    }),
  ),
});

/** Reads what the picture is drawn from, in the given namespaces. */
export async function readScene(kube: Kube, namespaces: readonly string[]): Promise<Scene> {
  const parts = await Promise.all(namespaces.map((namespace) => readNamespace(kube, namespace)));
  return {
    services: parts.flatMap((part) => part.services),
    workloads: parts.flatMap((part) => part.workloads),
    claims: parts.flatMap((part) => part.claims),
    routes: parts.flatMap((part) => part.routes),
  };
}

async function readNamespace(kube: Kube, namespace: string): Promise<Scene> {
  const at = { namespace };
  const [services, deployments, sets, claims, maps, ingresses, http, tcp] = await Promise.all([
    kube.core.listNamespacedService(at),
    kube.apps.listNamespacedDeployment(at),
    kube.apps.listNamespacedStatefulSet(at),
    kube.core.listNamespacedPersistentVolumeClaim(at),
    kube.core.listNamespacedConfigMap(at),
    kube.networking.listNamespacedIngress(at),
    traefik(kube, namespace, "ingressroutes"),
    traefik(kube, namespace, "ingressroutetcps"),
  ]);
  const config = new Map(
    maps.items.map((map) => [map.metadata?.name, Object.values(map.data ?? {}).join("\n")]),
  );
  const text = (spec: V1PodSpec | undefined) => told(spec, (name) => config.get(name) ?? "");
  return {
    services: services.items
      // A headless Service beside a StatefulSet's own says the same thing twice.
      .filter((service) => service.spec?.clusterIP !== "None")
      .map((service) => ({
        namespace,
        name: service.metadata?.name ?? "",
        ports: service.spec?.ports?.map((port) => port.port) ?? [],
        selector: service.spec?.selector ?? {},
        external:
          service.status?.loadBalancer?.ingress?.[0]?.ip ??
          service.status?.loadBalancer?.ingress?.[0]?.hostname ??
          "",
      })),
    workloads: [
      ...deployments.items.map((item) => ({
        namespace,
        name: item.metadata?.name ?? "",
        kind: "Deployment",
        ready: item.status?.readyReplicas ?? 0,
        wanted: item.spec?.replicas ?? 0,
        labels: item.spec?.template.metadata?.labels ?? {},
        claims: claimsOf(item.spec?.template.spec),
        text: text(item.spec?.template.spec),
      })),
      ...sets.items.map((item) => ({
        namespace,
        name: item.metadata?.name ?? "",
        kind: "StatefulSet",
        ready: item.status?.readyReplicas ?? 0,
        wanted: item.spec?.replicas ?? 0,
        labels: item.spec?.template.metadata?.labels ?? {},
        claims: [
          ...claimsOf(item.spec?.template.spec),
          ...(item.spec?.volumeClaimTemplates ?? []).map(
            (claim) => `${claim.metadata?.name}-${item.metadata?.name}-0`,
          ),
        ],
        text: text(item.spec?.template.spec),
      })),
    ],
    claims: claims.items.map((claim) => ({
      namespace,
      name: claim.metadata?.name ?? "",
      size: claim.spec?.resources?.requests?.storage ?? "",
      storageClass: claim.spec?.storageClassName ?? "",
    })),
    routes: [
      ...ingresses.items.map((ingress) => ({
        namespace,
        name: ingress.metadata?.name ?? "",
        note: (ingress.spec?.rules ?? []).map((rule) => rule.host ?? "*").join(", "),
        services: (ingress.spec?.rules ?? [])
          .flatMap((rule) => rule.http?.paths ?? [])
          .map((path) => path.backend.service?.name ?? ""),
      })),
      ...http,
      ...tcp,
    ],
  };
}

async function traefik(kube: Kube, namespace: string, plural: string): Promise<Scene["routes"]> {
  const found: unknown = await kube.custom
    .listNamespacedCustomObject({ group: "traefik.io", version: "v1alpha1", namespace, plural })
    // A cluster without Traefik's kinds has none of its routes.
    .catch(() => ({ items: [] }));
  return routeList.parse(found).items.map((item) => ({
    namespace,
    name: item.metadata.name,
    note: [
      ...item.spec.entryPoints,
      ...item.spec.routes.flatMap(({ match }) => match.match(/`[^`]+`/g) ?? []),
    ]
      .join(" ")
      .replaceAll(/`| `\*`/g, ""),
    services: item.spec.routes.flatMap((route) => route.services.map((service) => service.name)),
  }));
}

function claimsOf(spec: V1PodSpec | undefined): string[] {
  return (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

/** Plain environment values and mounted ConfigMaps; what comes from Secrets is never read. */
function told(spec: V1PodSpec | undefined, config: (name: string) => string): string {
  const containers: V1Container[] = spec?.containers ?? [];
  const env = containers.flatMap((container) => container.env ?? []).map((variable) => variable.value ?? "");
  const maps = (spec?.volumes ?? []).flatMap((volume) => {
    const name = volume.configMap?.name;
    return name === undefined ? [] : [config(name)];
  });
  return [...env, ...maps].join("\n");
}
