/**
 * The cloud's part of a Service of type LoadBalancer: an address of its own, and a finalizer that is taken away some
 * time after the Service was deleted, as a cloud's controller does when what it made is gone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { hasStatus, type KubeClient } from "../kube/client.ts";
import { addressOf } from "./status.ts";

/** The finalizer of Kubernetes' own service controller. */
export const finalizer = "service.kubernetes.io/load-balancer-cleanup";

/** How long a load balancer takes to go. In clouds it is minutes. */
const cleanupMs = 2000;

/** A Service as far as a cloud reads it. */
export interface Balanced {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string | undefined;
    readonly finalizers: readonly string[];
  };
  readonly spec: { readonly type: string };
  readonly status?: unknown;
}

/** One thing to do to a Service. */
export type Step =
  | { readonly kind: "hold"; readonly service: Balanced }
  | { readonly kind: "release"; readonly service: Balanced }
  | { readonly kind: "address"; readonly service: Balanced; readonly address: string };

/** What is to be done, from what is there alone. Addresses are 10.99.0.2 and above, each held by one Service. */
export function balancingSteps(services: readonly Balanced[]): readonly Step[] {
  const wanted = services.filter(
    ({ spec, metadata }) => spec.type === "LoadBalancer" && !metadata.deletionTimestamp,
  );
  const held = ({ metadata }: Balanced) => metadata.finalizers.includes(finalizer);
  const taken = new Set(services.flatMap(({ status }) => addressOf(status) ?? []));
  const steps: Step[] = services
    .filter((service) => held(service) && !wanted.includes(service))
    .map((service) => ({ kind: "release", service }));
  for (const service of wanted) {
    if (!held(service)) steps.push({ kind: "hold", service });
    if (addressOf(service.status) === undefined)
      steps.push({ kind: "address", service, address: next(taken) });
  }
  return steps;
}

function next(taken: Set<string>): string {
  for (let last = 2; last < 255; last++) {
    const address = `10.99.0.${last}`;
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
  throw new Error("no address is left: the sandbox has 253 for Services of type LoadBalancer");
}

/** Serves all Services it is shown; those that go are released in the background. */
export function balancers(client: KubeClient, log: (line: string) => void) {
  const leaving = new Set<string>();
  const pathOf = ({ metadata }: Balanced) =>
    `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`;
  const patch = (service: Balanced, part: string, body: object) =>
    client.request("PATCH", `${pathOf(service)}${part}`, body, "merge-patch").catch((error: unknown) => {
      // Gone or changed meanwhile: either is the next change.
      if (!hasStatus(error, 404) && !hasStatus(error, 409) && !hasStatus(error, 422)) throw error;
    });
  const finalizers = (service: Balanced, all: readonly string[]) =>
    patch(service, "", { metadata: { finalizers: all, uid: service.metadata.uid } });

  async function release(service: Balanced): Promise<void> {
    const { uid, finalizers: all, namespace, name } = service.metadata;
    if (leaving.has(uid)) return;
    leaving.add(uid);
    try {
      await delay(cleanupMs);
      await finalizers(
        service,
        all.filter((one) => one !== finalizer),
      );
      log(`the load balancer of ${namespace}/${name} is gone`);
    } catch (error) {
      log(`the load balancer of ${namespace}/${name} stays: ${String(error)}`);
    } finally {
      leaving.delete(uid);
    }
  }

  return {
    async serve(services: readonly Balanced[]): Promise<void> {
      for (const step of balancingSteps(services)) {
        const { service } = step;
        if (step.kind === "release") void release(service);
        else if (step.kind === "hold") await finalizers(service, [...service.metadata.finalizers, finalizer]);
        else {
          await patch(service, "/status", { status: { loadBalancer: { ingress: [{ ip: step.address }] } } });
        }
      }
    },
  };
}
