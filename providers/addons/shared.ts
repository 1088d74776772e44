/** What a built platform has in its cluster for all tenants: a namespace, the release that goes last, the database admin's Secret. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CloudRequest } from "../cloud.ts";
import type { ClusterOrigin } from "../cluster.ts";
import { drain } from "./drain.ts";

/** In the services' namespace: with which password tenants get their accounts on a server that the platform made. */
export const adminSecret = { secretName: "database-admin", key: "password" };

export interface SharedObjects {
  readonly namespace: k8s.core.v1.Namespace;
  /** Everything else in the cluster depends on it, so that a destroy comes to it last. */
  readonly drain: pulumi.Resource;
}

/** `cluster`: of one that the user brought, only this stack's namespaces are drained. */
export type SharedArgs = CloudRequest & { readonly cluster: ClusterOrigin };

/** `access`: without it nothing in the cluster could be deleted. */
export function sharedObjects(
  name: string,
  args: SharedArgs,
  parent: pulumi.Resource,
  access: pulumi.Resource[],
): SharedObjects {
  const namespace = new k8s.core.v1.Namespace(
    `${name}-services`,
    {
      metadata: {
        name: args.namespace,
        labels: { ...args.labels, "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    { parent, dependsOn: access },
  );
  const { lifecycle, labels, images, hooks } = args;
  const own = args.cluster === "existing" ? { namespaces: selectorOf(labels) } : {};
  const drained = drain(
    name,
    { namespace: namespace.metadata.name, lifecycle, labels, images, hooks, ...own },
    { parent, dependsOn: [...access, namespace] },
  );
  return { namespace, drain: drained };
}

/** Tenants' namespaces have these labels too, whichever stack declares them. */
function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** The password that account jobs read; it is nowhere else in the cluster. */
export function databaseAdmin(
  name: string,
  args: CloudRequest,
  password: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.core.v1.Secret(
    `${name}-database-admin`,
    {
      metadata: { name: adminSecret.secretName, namespace: args.namespace, labels: { ...args.labels } },
      stringData: { [adminSecret.key]: password },
    },
    opts,
  );
}
