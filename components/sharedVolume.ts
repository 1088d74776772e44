/** The volume that an application's pods share. Beside the release, so that archiving or reinstalling it keeps the data. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Needs, StorageFacts } from "../providers/platform.ts";

export interface SharedVolumeArgs {
  readonly need: Needs["sharedVolume"] | undefined;
  readonly storage: StorageFacts["shared"];
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  readonly protect: boolean;
  readonly parent: pulumi.Resource;
  /** What makes and deletes its volume: drivers, classes and the way to them, each of which must outlive the claim. */
  readonly ready: pulumi.Resource[];
}

/** Undefined where the application needs none. */
export function sharedVolume(
  name: string,
  args: SharedVolumeArgs,
): k8s.core.v1.PersistentVolumeClaim | undefined {
  const { need, storage, namespace, labels, protect, parent, ready } = args;
  if (!need || !storage) return undefined;
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name: "data",
        namespace,
        labels,
        // Many classes bind a claim only when a pod uses it; waiting here would wait for the release.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: [storage.accessMode],
        resources: { requests: { storage: `${need.sizeGi}Gi` } },
        ...(storage.className ? { storageClassName: storage.className } : {}),
      },
    },
    { parent, protect, dependsOn: ready },
  );
}
