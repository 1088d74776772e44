/** The engine's provider for a cluster that a kubeconfig names: what every platform without an own cluster shares. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Whether a platform makes its cluster, and so owns all that is in it, or found one that the user has. */
export type ClusterOrigin = "new" | "existing";

/** A context of the user's own kubeconfig. */
export interface ClusterAccess {
  readonly context: string;
  /** The cluster's own identity (UID of kube-system): another context name changes nothing, another cluster everything. */
  readonly identifier: string;
}

/** A cluster that the platform made. */
export interface MadeCluster {
  /** Text of a kubeconfig that gets its credentials by the cloud's own exec plugin: secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /**
   * A generation id, made anew with the cluster and only then: a changed endpoint never replaces everything in it, and
   * a replaced cluster leaves no object in the state that is not there.
   */
  readonly identifier: pulumi.Output<string>;
}

/**
 * The kubeconfig stays where it is (KUBECONFIG or the usual file): neither its text nor its path gets into the state.
 * An interrupted run or a lost state leaves objects that the next run takes over (`upsertExistingObjects`), from the
 * field manager of the run before too (`enablePatchForce`: each resource has a manager of its own, named at random).
 * What must not be overwritten, write-once keys, is immutable.
 */
export function clusterProvider(
  name: string,
  cluster: ClusterAccess | MadeCluster,
  parent: pulumi.Resource,
  dependsOn: pulumi.Resource[] = [],
  reach: (kubeconfig: pulumi.Output<string>) => pulumi.Output<string> = (kubeconfig) => kubeconfig,
): k8s.Provider {
  return new k8s.Provider(
    `${name}-cluster`,
    {
      ...("context" in cluster ? { context: cluster.context } : { kubeconfig: reach(cluster.kubeconfig) }),
      clusterIdentifier: cluster.identifier,
      upsertExistingObjects: true,
      enablePatchForce: true,
      // Otherwise a changed Secret is deleted and made again: pods that start in between fail, and in production
      // protection blocks the replacement that a rotation would be.
      enableSecretMutable: true,
      enableConfigMapMutable: true,
    },
    { parent, dependsOn },
  );
}

/**
 * Options of a StorageClass: the API changes no reclaim policy in place, so another lifecycle makes the class anew under
 * its name. Volumes keep what they were made with.
 */
export function remadeClass<Options extends pulumi.CustomResourceOptions>(options: Options): Options {
  return { ...options, deleteBeforeReplace: true, replaceOnChanges: ["reclaimPolicy"] };
}
