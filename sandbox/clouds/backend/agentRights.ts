/** What the agent on the node may ask of the API server: accounts, whose a token is, and where needed whose a pod is. */
import type { KubernetesObject } from "@kubernetes/client-node";
import type { CloudSpace } from "./objects.ts";

const clusterName = (space: CloudSpace, name: string) => `${space.namespace}-${name}`;

/** Cluster-wide ones carry the cloud's name, as they have no namespace to go with. */
export function agentRights(space: CloudSpace, name: string): KubernetesObject[] {
  const rbac = "rbac.authorization.k8s.io";
  const subjects = [{ kind: "ServiceAccount", name, namespace: space.namespace }];
  const { labels } = space.meta(name);
  const role = {
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: space.meta(name),
    rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["list"] }],
  };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: space.meta(name),
    roleRef: { apiGroup: rbac, kind: "Role", name },
    subjects,
  };
  const reviews = {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: clusterName(space, name), labels },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:auth-delegator" },
    subjects,
  };
  // Whose a pod is by its address, or who its ServiceAccount says it is: for clouds whose pods carry no token of their own.
  const pods = { name: `${clusterName(space, name)}-pods`, labels };
  const looks = [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: pods,
      rules: [
        space.cloud === "azure"
          ? { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"] }
          : { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: pods,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: pods.name },
      subjects,
    },
  ];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: space.meta(name) },
    role,
    binding,
    reviews,
    ...(space.cloud === "aws" ? [] : looks),
  ];
}

/** Takes back what has no namespace to go with. */
export async function removeAgentRights(space: CloudSpace, name: string): Promise<void> {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const pods = `${clusterName(space, name)}-pods`;
  for (const [kind, called] of [
    ["ClusterRoleBinding", clusterName(space, name)],
    ["ClusterRoleBinding", pods],
    ["ClusterRole", pods],
  ] as const)
    await space.delete({ apiVersion, kind, metadata: { name: called } });
}
