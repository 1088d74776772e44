import type { Kube } from "../kube.ts";
import { until } from "../kube.ts";
import type { Tenant } from "../outputs.ts";

/** A pod of a tenant's application that runs and is not on its way out. */
export interface AppPod {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** Seconds it is given to stop. */
  readonly grace: number;
}

/** The pods of a tenant's release: those with its instance label. */
export async function podsOf(kube: Kube, tenant: Tenant): Promise<AppPod[]> {
  const labelSelector = `app.kubernetes.io/instance=${tenant.release?.name ?? ""}`;
  const { items } = await kube.core.listNamespacedPod({ namespace: tenant.namespace, labelSelector });
  return items
    .filter((pod) => pod.status?.phase === "Running" && pod.metadata?.deletionTimestamp === undefined)
    .map((pod) => ({
      name: pod.metadata?.name ?? "",
      uid: pod.metadata?.uid ?? "",
      address: pod.status?.podIP ?? "",
      ready: pod.status?.containerStatuses?.every((container) => container.ready) ?? false,
      restarts:
        pod.status?.containerStatuses?.reduce((sum, container) => sum + container.restartCount, 0) ?? 0,
      grace: pod.spec?.terminationGracePeriodSeconds ?? 30,
    }));
}

/** Waits until exactly `count` pods of the tenant's release run and are ready. */
export function readyPods(kube: Kube, tenant: Tenant, count: number, limit = 120_000): Promise<AppPod[]> {
  return until(
    `${count} ready pods of ${tenant.slug}`,
    async () => {
      const pods = await podsOf(kube, tenant);
      return pods.length === count && pods.every((pod) => pod.ready) ? pods : undefined;
    },
    limit,
  );
}

/** Every pod of a namespace as `name uid restarts`, sorted: equal lists mean that nothing was touched. */
export async function fingerprint(kube: Kube, namespace: string): Promise<string[]> {
  const { items } = await kube.core.listNamespacedPod({ namespace });
  return items
    .filter((pod) => pod.status?.phase === "Running")
    .map((pod) => {
      const restarts =
        pod.status?.containerStatuses?.reduce((sum, status) => sum + status.restartCount, 0) ?? 0;
      return `${pod.metadata?.name} ${pod.metadata?.uid} ${restarts}`;
    })
    .sort();
}
