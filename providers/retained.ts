import type { ClusterOrigin } from "./cluster.ts";

/** What Helm leaves of the add-ons in a cluster that is not deleted: definitions, and so everybody's objects of their kinds. */
export function definitionsLeft(cluster: ClusterOrigin, externalSecrets: boolean): string | false {
  const projects = ["cert-manager", "Traefik", ...(externalSecrets ? ["External Secrets"] : [])];
  return (
    cluster === "existing" &&
    `definitions (CRDs) of ${projects.join(", ")} stay in your cluster: Helm does not take them along`
  );
}
