/** The class of volumes of one pod. Auto Mode brings the driver, and no class. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { remadeClass } from "../cluster.ts";
import type { Lifecycle } from "../platform.ts";

/** StorageClass of volumes of one pod, the cluster's default. */
export const blockClass = "portolan-block";

/** Encrypted gp3, made in the zone of the pod that claims it. */
export function blockStorage(
  name: string,
  args: { readonly lifecycle: Lifecycle; readonly labels: Readonly<Record<string, string>> },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-block`,
    {
      metadata: {
        name: blockClass,
        labels: { ...args.labels },
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "ebs.csi.eks.amazonaws.com",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
      // A deleted cluster leaves its disks: in production that is wanted, for a claim's deletion too.
      reclaimPolicy: args.lifecycle === "production" ? "Retain" : "Delete",
      parameters: { type: "gp3", encrypted: "true" },
      allowedTopologies: [
        { matchLabelExpressions: [{ key: "eks.amazonaws.com/compute-type", values: ["auto"] }] },
      ],
    },
    remadeClass(opts),
  );
}
