/** What a cluster makes in its cloud by itself, and what goes with it. */
import { AdmissionregistrationV1Api, type V1Service } from "@kubernetes/client-node";
import type { MadeByCluster } from "../core/backend.ts";
import { drivers, ensureDriver } from "./disks.ts";
import { type CloudSpace, cloudLabel, found, until } from "./objects.ts";

/** Namespaces that the sandbox itself made; everything else was made by who uses the cluster. */
const own = [
  "default",
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "local-path-storage",
  "edge",
  "cert-manager",
];

/** True for a namespace of the sandbox or of a simulated cloud. */
export function isOwn(namespace: string, labels: Readonly<Record<string, string>> = {}): boolean {
  return own.includes(namespace) || labels[cloudLabel] !== undefined;
}

async function usedNamespaces(space: CloudSpace): Promise<string[]> {
  const { items } = await space.core.listNamespace();
  return items
    .filter(({ metadata }) => !isOwn(metadata?.name ?? "", metadata?.labels))
    .map(({ metadata }) => metadata?.name ?? "");
}

/** Annotations by which a Service asks for addresses that were kept for it, by their names (AKS; GKE, a list). */
const addressAnnotations = [
  "service.beta.kubernetes.io/azure-pip-name",
  "networking.gke.io/load-balancer-ip-addresses",
];

function nameOf({ metadata }: V1Service): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function addressesOf(service: V1Service): [string, string][] {
  return addressAnnotations
    .flatMap((annotation) => service.metadata?.annotations?.[annotation]?.split(",") ?? [])
    .map((address) => [address.trim(), nameOf(service)]);
}

/**
 * Load balancers by `namespace/name` of their Services, disks by the name of their volumes. What is in a shared file
 * system goes with that, and is no disk.
 */
export async function madeByCluster(space: CloudSpace): Promise<MadeByCluster> {
  const [services, volumes, namespaces] = await Promise.all([
    space.core.listServiceForAllNamespaces(),
    space.core.listPersistentVolume(),
    space.core.listNamespace(),
  ]);
  const labels = new Map(
    namespaces.items.map(({ metadata }) => [metadata?.name ?? "", metadata?.labels ?? {}]),
  );
  const foreign = (namespace: string) => !isOwn(namespace, labels.get(namespace));
  const balancers = services.items.filter(
    ({ metadata, spec }) => spec?.type === "LoadBalancer" && foreign(metadata?.namespace ?? ""),
  );
  return {
    loadBalancers: balancers.map(nameOf),
    addresses: Object.fromEntries(balancers.flatMap(addressesOf)),
    volumes: volumes.items
      .filter(
        ({ metadata, spec }) =>
          foreign(spec?.claimRef?.namespace ?? "") &&
          metadata?.annotations?.["pv.kubernetes.io/provisioned-by"] !== drivers[space.cloud].many,
      )
      .map(({ metadata }) => metadata?.name ?? ""),
  };
}

/**
 * What a cloud does with a cluster that is deleted: its workloads and load balancers go, its disks stay. The sandbox's
 * own cluster runs on underneath; webhooks that the workloads left would refuse whatever comes next.
 */
export async function emptyCluster(space: CloudSpace): Promise<void> {
  const { volumes } = await madeByCluster(space);
  // Azure keeps a cluster's disks in a group of the cluster's own, which goes with it.
  const policy = space.cloud === "azure" ? "Delete" : "Retain";
  for (const name of volumes) await reclaim(space, name, policy);
  await removeWebhooks(space);
  for (const name of await usedNamespaces(space)) {
    await space.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  let left: string[] = [];
  await until(
    async () => {
      left = await usedNamespaces(space);
      return left.length === 0;
    },
    async () => `Of the deleted cluster there is still namespace ${left.join(", ")}`,
    180_000,
  );
}

/** Has the disks that outlived their cluster deleted by their drivers, which must still be there. */
export async function releaseDisks(space: CloudSpace): Promise<void> {
  if ((await found(space.core.readNamespace({ name: space.namespace }))) === undefined) return;
  const released = async () => {
    const { items } = await space.core.listPersistentVolume();
    return items
      .filter(({ status }) => status?.phase === "Released")
      .map(({ metadata }) => metadata?.name ?? "");
  };
  const names = await released();
  if (names.length === 0) return;
  // An add-on may have taken it along.
  await ensureDriver(space, "many");
  for (const name of names) await reclaim(space, name, "Delete");
  await until(
    async () => (await released()).length === 0,
    async () => `Volume ${(await released()).join(", ")} is not deleted`,
    60_000,
  );
}

async function reclaim(space: CloudSpace, name: string, policy: "Retain" | "Delete"): Promise<void> {
  await space.core.patchPersistentVolume({
    name,
    body: [{ op: "replace", path: "/spec/persistentVolumeReclaimPolicy", value: policy }],
  });
}

async function removeWebhooks(space: CloudSpace): Promise<void> {
  const api = space.config.makeApiClient(AdmissionregistrationV1Api);
  const kinds = {
    MutatingWebhookConfiguration: await api.listMutatingWebhookConfiguration(),
    ValidatingWebhookConfiguration: await api.listValidatingWebhookConfiguration(),
  };
  for (const [kind, { items }] of Object.entries(kinds)) {
    for (const { metadata } of items) {
      if (metadata?.labels?.[cloudLabel] !== undefined) continue;
      await space.delete({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind,
        metadata: { name: metadata?.name ?? "" },
      });
    }
  }
}
