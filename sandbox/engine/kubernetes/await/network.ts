import { z } from "zod";
import type { PlainBag } from "../../rpc/values.ts";
import type { Cluster } from "../cluster.ts";
import { plainInner, plainText } from "../state.ts";
import { type Readiness, ready, waiting } from "./conditions.ts";

const slices = z.looseObject({
  items: z.array(
    z.looseObject({
      endpoints: z
        .array(z.looseObject({ conditions: z.looseObject({ ready: z.boolean().nullish() }).nullish() }))
        .nullish(),
    }),
  ),
});

function hasAddress(object: PlainBag): boolean {
  const { ingress } = plainInner(plainInner(object, "status"), "loadBalancer");
  return Array.isArray(ingress) && ingress.length > 0;
}

/** A Service is ready when it has an endpoint, where it selects pods, and an address, where it is a load balancer. */
export async function serviceReady(cluster: Cluster, object: PlainBag): Promise<Readiness> {
  const spec = plainInner(object, "spec");
  const type = plainText(spec, "type");
  if (type === "ExternalName") return ready;
  if (type === "LoadBalancer" && !hasAddress(object)) return waiting("it has no load balancer address yet");
  if (Object.keys(plainInner(spec, "selector")).length === 0 || spec.clusterIP === "None") return ready;
  const metadata = plainInner(object, "metadata");
  const found = await cluster.request({
    method: "GET",
    path: `/apis/discovery.k8s.io/v1/namespaces/${plainText(metadata, "namespace")}/endpointslices`,
    query: { labelSelector: `kubernetes.io/service-name=${plainText(metadata, "name")}` },
  });
  const { items } = slices.parse(found);
  // An absent `ready` counts as ready (EndpointConditions of discovery.k8s.io/v1).
  const serving = items.some(({ endpoints }) =>
    endpoints?.some(({ conditions }) => conditions?.ready !== false),
  );
  return serving ? ready : waiting("no ready pod is behind it");
}

export function ingressReady(object: PlainBag): Readiness {
  return hasAddress(object) ? ready : waiting("its controller has given it no address yet");
}
