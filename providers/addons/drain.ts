/** The release that goes last: what it removes would otherwise hold the cloud's network and disks. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Images, Lifecycle, ReleaseHooks } from "../platform.ts";

export interface DrainArgs {
  readonly namespace: pulumi.Input<string>;
  readonly lifecycle: Lifecycle;
  readonly labels: Readonly<Record<string, string>>;
  /** `drain` replaces the image of the job: any with Node 24. */
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** Label selector of the namespaces to drain, in a cluster that is not this stack's alone. Default: all. */
  readonly namespaces?: string;
  /** Further kinds to remove, for example node pools of the user's own. */
  readonly also?: readonly DrainKind[];
}

/** A kind by its API, and which of its objects. */
export interface DrainKind {
  readonly group: string;
  readonly version: string;
  /** Plural name, as in the API's path. */
  readonly resource: string;
  /** Label selector; default: all of them. */
  readonly selector?: string;
}

export const drainRelease = "drain";

/** Seconds the job waits: a network load balancer takes minutes to drain and to go. */
const waitSeconds = 900;

/**
 * Made right after the cluster can be reached, and everything else in the cluster depends on it, so a destroy removes it
 * last. Its hook then deletes load balancers, and in a disposable stack claims, and waits until they are gone.
 */
export function drain(
  name: string,
  args: DrainArgs,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: pulumi.Resource[] },
): pulumi.Resource {
  const image = args.images.drain;
  return new k8s.helm.v3.Release(
    `${name}-drain`,
    {
      name: drainRelease,
      namespace: args.namespace,
      chart: "./charts/drain",
      timeout: waitSeconds + 180,
      maxHistory: 3,
      takeOwnership: true,
      values: {
        claims: args.lifecycle === "disposable",
        also: [...(args.also ?? [])],
        ...(args.namespaces === undefined ? {} : { namespaces: args.namespaces }),
        waitSeconds,
        podLabels: { ...args.labels },
        ...(image ? { image: image.tag ? { ...image } : { repository: image.repository } } : {}),
      },
    },
    { ...opts, hooks: args.hooks(args.namespace, drainRelease) },
  );
}
