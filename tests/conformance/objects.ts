/** Objects that a user has in a cluster before Portolan comes, or puts there beside it. */
import type { Inside } from "../../ops/inside.ts";

export async function apply({ kube }: Pick<Inside, "kube">, items: readonly object[]): Promise<void> {
  await kube.kubectl(["apply", "--server-side", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });
}

export function named(kind: string, name: string): object {
  return { apiVersion: "v1", kind, metadata: { name } };
}

export function secret(namespace: string, name: string, stringData: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData };
}
