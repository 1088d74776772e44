/** Which contexts of a kubeconfig may be filled and emptied at will: only those made for it. */

const known: readonly { readonly pattern: RegExp; readonly words: string }[] = [
  { pattern: /^portolan-sandbox$/, words: "portolan-sandbox" },
  { pattern: /^kind-.+/, words: "kind-*" },
  { pattern: /^k3d-.+/, words: "k3d-*" },
  { pattern: /^minikube$/, words: "minikube" },
  { pattern: /^docker-desktop$/, words: "docker-desktop" },
];

/** `also`: contexts that the stack file lists as disposable. */
export function isDisposable(context: string, also: readonly string[]): boolean {
  return also.includes(context) || known.some(({ pattern }) => pattern.test(context));
}

/** The allowed contexts in words, for an error. */
export const disposableContexts = known.map(({ words }) => words).join(", ");
