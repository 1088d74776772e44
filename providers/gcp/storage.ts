/** Disks of pods: GKE's own class deletes a disk with its claim, which is not right in production. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { remadeClass } from "../cluster.ts";
import type { Lifecycle } from "../platform.ts";

export const blockClass = "portolan-block";

/** Not the cluster's default, of which GKE has one already: named by whoever claims a disk. */
export function blockStorage(
  name: string,
  args: { readonly lifecycle: Lifecycle; readonly labels: Readonly<Record<string, string>> },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-block`,
    {
      metadata: { name: blockClass, labels: { ...args.labels } },
      provisioner: "pd.csi.storage.gke.io",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      reclaimPolicy: args.lifecycle === "production" ? "Retain" : "Delete",
      parameters: { type: "pd-balanced" },
    },
    remadeClass(opts),
  );
}
