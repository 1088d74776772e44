/**
 * Volumes that several pods share: Filestore, by the driver that every Autopilot cluster has. Only where they are needed.
 * Many volumes share one instance (`multishare`), because an instance is a tebibyte at the least.
 */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { remadeClass } from "../cluster.ts";
import type { Lifecycle } from "../platform.ts";
import type { Network } from "./network.ts";
import { sharedDriver } from "./offers.ts";

export const sharedClass = "portolan-shared";

/**
 * A class of the stack's own: GKE's are for the network `default`. The driver makes the instance with the first volume
 * and removes it after the last one.
 */
export function sharedStorage(
  name: string,
  args: {
    readonly lifecycle: Lifecycle;
    readonly labels: Readonly<Record<string, string>>;
    readonly network: Network;
  },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.storage.v1.StorageClass(
    `${name}-shared`,
    {
      metadata: { name: sharedClass, labels: { ...args.labels } },
      provisioner: sharedDriver.name,
      allowVolumeExpansion: true,
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: args.lifecycle === "production" ? "Retain" : "Delete",
      parameters: {
        tier: "enterprise",
        multishare: "true",
        "instance-storageclass-label": sharedClass,
        "max-volume-size": "128Gi",
        network: args.network.name,
      },
    },
    remadeClass(opts),
  );
}
