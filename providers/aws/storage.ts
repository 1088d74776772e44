/** The class of volumes of one pod. Auto Mode brings the driver, and no class. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type ClusterOrigin, remadeClass } from "../cluster.ts";
import type { Lifecycle } from "../platform.ts";

/** StorageClass of volumes of one pod. */
export const blockClass = "portolan-block";

export interface StorageArgs {
  readonly lifecycle: Lifecycle;
  readonly labels: Readonly<Record<string, string>>;
  /** One that was there before has its own default, or none: the class is its default only where the stack made it. */
  readonly cluster: ClusterOrigin;
}

/** Encrypted gp3, made in the zone of the pod that claims it. */
export function blockStorage(
  name: string,
  args: StorageArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-block`,
    {
      metadata: {
        name: blockClass,
        labels: { ...args.labels },
        annotations: { "storageclass.kubernetes.io/is-default-class": String(args.cluster === "new") },
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
