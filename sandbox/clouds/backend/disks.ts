/** The drivers of a cloud's disks and shared file systems: claims of their classes get a folder of the node. */
import { dirname, join } from "node:path";
import type { KubernetesObject, V1ConfigMap, V1Container, V1Deployment } from "@kubernetes/client-node";
import { helperPodTemplate, provisioner } from "../../cluster/storage.ts";
import { imageRef } from "../../images/recipes.ts";
import type { CloudName } from "../core/backend.ts";
import type { CloudSpace } from "./objects.ts";

/** The drivers that each cloud has, by how many pods may use a volume of theirs. */
export const drivers: Readonly<Record<CloudName, { readonly one: string; readonly many: string }>> = {
  aws: { one: "ebs.csi.eks.amazonaws.com", many: "efs.csi.aws.com" },
  azure: { one: "disk.csi.azure.com", many: "file.csi.azure.com" },
  gcp: { one: "pd.csi.storage.gke.io", many: "filestore.csi.storage.gke.io" },
};

type Driver = "one" | "many";

/** Those that a cluster has from the beginning: EFS's is an add-on. */
const atFirst: Readonly<Record<CloudName, readonly Driver[]>> = {
  aws: ["one"],
  azure: ["one", "many"],
  gcp: ["one", "many"],
};

/** Labels of the cloud's nodes that its classes ask for. */
const nodeLabels: Readonly<Record<CloudName, Readonly<Record<string, string>>>> = {
  aws: { "eks.amazonaws.com/compute-type": "auto" },
  azure: {},
  gcp: {},
};

const name = "disks";

/** Makes the cluster's own drivers run; a claim waits for them, so nobody else has to. */
export async function ensureDisks(space: CloudSpace, kubeconfig: string): Promise<void> {
  await labelNodes(space, "add");
  const folder = join(dirname(dirname(kubeconfig)), "volumes", space.namespace);
  const config: V1ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: space.meta(name),
    data: {
      "one.json": JSON.stringify({
        nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [join(folder, "disks")] }],
      }),
      "many.json": JSON.stringify({ sharedFileSystemPath: join(folder, "files") }),
      "helper.json": JSON.stringify(helperPodTemplate()),
    },
  };
  for (const object of [...rights(space), config]) await space.apply(object);
  for (const which of atFirst[space.cloud]) await ensureDriver(space, which);
}

/** Makes a driver run, once the cluster has its own. */
export async function ensureDriver(space: CloudSpace, which: Driver): Promise<void> {
  await space.apply(deployment(space, which));
}

/** Nobody makes or deletes its volumes from then on. */
export async function removeDriver(space: CloudSpace, which: Driver): Promise<void> {
  await space.delete({ apiVersion: "apps/v1", kind: "Deployment", metadata: space.meta(`${name}-${which}`) });
}

/** Takes back what has no namespace to go with. */
export async function removeDisks(space: CloudSpace): Promise<void> {
  for (const { apiVersion = "", kind = "", metadata } of bindings(space)) {
    const { name: bound = "", namespace } = metadata ?? {};
    const where = namespace === undefined ? { name: bound } : { name: bound, namespace };
    await space.delete({ apiVersion, kind, metadata: where });
  }
  await labelNodes(space, "remove");
}

async function labelNodes(space: CloudSpace, op: "add" | "remove"): Promise<void> {
  const { items } = await space.core.listNode();
  for (const { metadata } of items) {
    for (const [label, value] of Object.entries(nodeLabels[space.cloud])) {
      if ((metadata?.labels?.[label] === value) === (op === "add")) continue;
      // A slash in a member's name is written ~1 (RFC 6901).
      const path = `/metadata/labels/${label.replaceAll("/", "~1")}`;
      await space.core.patchNode({ name: metadata?.name ?? "", body: [{ op, path, value }] });
    }
  }
}

function bindings(space: CloudSpace): KubernetesObject[] {
  const rbac = "rbac.authorization.k8s.io";
  const bound = `${space.namespace}-${name}`;
  const { labels } = space.meta(name);
  const binding = (kind: "Role" | "ClusterRole", role: string, where: { namespace?: string }) => ({
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata: { name: bound, labels, ...where },
    roleRef: { apiGroup: rbac, kind, name: role },
    subjects: [{ kind: "ServiceAccount", name, namespace: space.namespace }],
  });
  return [
    binding("ClusterRole", provisioner.clusterRole, {}),
    binding("Role", provisioner.podsRole, { namespace: provisioner.namespace }),
  ];
}

function rights(space: CloudSpace): KubernetesObject[] {
  return [{ apiVersion: "v1", kind: "ServiceAccount", metadata: space.meta(name) }, ...bindings(space)];
}

function deployment(space: CloudSpace, which: Driver): V1Deployment {
  const own = `${name}-${which}`;
  const selected = { "app.kubernetes.io/name": `${space.namespace}-${own}` };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: space.meta(own),
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: selected },
      template: {
        metadata: { labels: { ...space.meta(own).labels, ...selected } },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: 1,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container(space.cloud, which)],
          volumes: [{ name: "config", configMap: { name } }],
        },
      },
    },
  };
}

function container(cloud: CloudName, which: Driver): V1Container {
  return {
    name: which,
    image: imageRef("local-path-provisioner"),
    imagePullPolicy: "Never",
    args: [
      "start",
      `--config=/config/${which}.json`,
      "--helper-pod-file=/config/helper.json",
      `--provisioner-name=${drivers[cloud][which]}`,
      ...provisioner.args,
    ],
    resources: { requests: { cpu: "5m", memory: "16Mi" }, limits: { memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "config", mountPath: "/config", readOnly: true }],
  };
}
