/**
 * What the add-ons of a cluster have in common. Their releases take over what is there under their names
 * (`takeOwnership`), which mends an interrupted run: in a cluster that is not all this stack's, `stacks/broughtCluster.ts`
 * has asked first whose it is.
 */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface AddonOptions {
  /** Carries the cluster's provider. */
  readonly parent: pulumi.Resource;
  readonly dependsOn: pulumi.Resource[];
}

/** Seconds until a release is given up: nodes may have to be made for its pods first. */
export const patience = 900;

export function addonNamespace(
  resource: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  opts: AddonOptions,
): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    resource,
    { metadata: { name, labels: { ...labels, "pod-security.kubernetes.io/enforce": "restricted" } } },
    opts,
  );
}
