/** The class of volumes of one pod. AKS's own ones delete the disk with its claim, and put back what is changed of them. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { remadeClass } from "../cluster.ts";
import type { Lifecycle } from "../platform.ts";

export const blockClass = "portolan-block";

export interface StorageArgs {
  readonly lifecycle: Lifecycle;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the region has zones. */
  readonly zonal: boolean;
}

export function blockStorage(
  name: string,
  args: StorageArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-block`,
    {
      metadata: { name: blockClass, labels: { ...args.labels } },
      provisioner: "disk.csi.azure.com",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      reclaimPolicy: args.lifecycle === "production" ? "Retain" : "Delete",
      // A disk of one zone would bind its pod to it.
      parameters: { skuName: args.zonal ? "StandardSSD_ZRS" : "StandardSSD_LRS" },
    },
    remadeClass(opts),
  );
}
