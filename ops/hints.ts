/** Commands that a person types next, with the settings that they need to mean the same cluster and stack. */

/** The name that a sandbox cluster has when nobody names it. */
const usual = "portolan";

/** Removes a sandbox cluster with everything in it. */
export function sandboxStop(name: string): string {
  return name === usual ? "make sandbox-stop" : `make sandbox-stop SANDBOX=${name}`;
}

/** Destroys what a drill left on a cluster of the user's own; `work` is the stack's folder. */
export function downOn(
  app: string,
  cluster: { readonly context: string; readonly kubeconfig: string },
  work: string,
): string {
  return `make down APP=${app} CONTEXT=${cluster.context} KUBECONFIG=${cluster.kubeconfig} STACK_FOLDER=${work}`;
}
