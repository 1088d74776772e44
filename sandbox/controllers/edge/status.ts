/** What the edge writes back: ports on its Service, and its address on the Service and on the Ingresses it serves. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { KubeClient } from "../kube/client.ts";
import type { Ingress } from "./ingress.ts";
import type { EdgeModel, Service } from "./model.ts";
import { containerPort } from "./nginx.ts";

/** Where the edge stands. */
export interface EdgePlace {
  readonly namespace: string;
  readonly service: string;
  /**
   * The address it writes to its own Service, with a port for each TCP route. Undefined: the Service is somebody else's
   * to declare and to balance, so its ports stay as they are, and Ingresses get the address it was given.
   */
  readonly address: string | undefined;
}

const balanced = (address: string) => ({ loadBalancer: { ingress: [{ ip: address }] } });
const withAddress = z.object({
  loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string() })).min(1) }),
});

/** The address that a status tells; undefined when it tells none. */
export function addressOf(status: unknown): string | undefined {
  return withAddress.safeParse(status).data?.loadBalancer.ingress[0]?.ip;
}

/** The TCP ports as this manager's part of the Service: server-side apply adds what is new and removes what is gone. */
export function servicePorts(
  model: EdgeModel,
): readonly { name: string; port: number; targetPort: number; protocol: "TCP" }[] {
  return model.tcp.map(({ port }) => ({
    name: `tcp-${port}`,
    port,
    targetPort: containerPort(port),
    protocol: "TCP" as const,
  }));
}

/** Whether the Service has exactly these TCP entry points: it may have been made anew since we wrote it. */
function hasPorts(service: Service, wanted: ReturnType<typeof servicePorts>): boolean {
  const present = service.spec.ports.filter((p) => p.name.startsWith("tcp-")).map((p) => p.port);
  return isDeepStrictEqual(
    present.sort((a, b) => a - b),
    wanted.map((p) => p.port).sort((a, b) => a - b),
  );
}

/** Writes statuses and ports, each only when it differs from what is there. */
export function statusWriter(client: KubeClient, place: EdgePlace) {
  const { namespace, service } = place;
  const path = `/api/v1/namespaces/${namespace}/services/${service}`;
  return {
    async service(model: EdgeModel, now: Service & { readonly status?: unknown }): Promise<void> {
      const { address } = place;
      if (address === undefined) return;
      const ports = servicePorts(model);
      if (!hasPorts(now, ports)) {
        const body = {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: service, namespace },
          spec: { ports },
        };
        await client.request("PATCH", `${path}?fieldManager=edge-routes&force=true`, body, "apply-patch");
      }
      if (addressOf(now.status) !== address) {
        await client.request("PATCH", `${path}/status`, { status: balanced(address) }, "merge-patch");
      }
    },

    /** `address`: where it is served; undefined when it is not. */
    async ingress(ingress: Ingress, address: string | undefined): Promise<void> {
      const { namespace, name } = ingress.metadata;
      if (addressOf(ingress.status) === address) return;
      const status = address === undefined ? { loadBalancer: { ingress: null } } : balanced(address);
      const where = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}/status`;
      await client.request("PATCH", where, { status }, "merge-patch");
    },
  };
}
