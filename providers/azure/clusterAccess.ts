/** Who may enter the cluster, and the kubeconfig with which they do. */
import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/index.js";
import * as pulumi from "@pulumi/pulumi";
import { roleAssignment } from "./roles.ts";
import type { Scope } from "./scope.ts";
import type { Login } from "./settings.ts";

/**
 * Both roles for each group: one lists the kubeconfig, the other administers what is inside. Answers what must stand as
 * long as anything in the cluster does: without it, nobody could delete it.
 *
 * Given on the resource group, in which this cluster is the only one: production's lock on the cluster holds whatever
 * is scoped to it, and a group that leaves could not be let go (Azure Resource Manager, lock resources).
 */
export function clusterAccess(
  { name, parent, resourceGroupId }: Scope,
  groups: readonly string[],
): pulumi.Resource[] {
  return groups.flatMap((group) =>
    (["clusterUser", "clusterAdmin"] as const).map((role) =>
      roleAssignment(
        `${name}-access-${role === "clusterUser" ? "user" : "admin"}-${group.slice(0, 8)}`,
        { scope: resourceGroupId, principalId: group, principalType: "Group", role },
        { parent },
      ),
    ),
  );
}

export interface ClusterName {
  readonly name: pulumi.Input<string>;
  readonly resourceGroup: pulumi.Input<string>;
  readonly login: Login;
}

/** Secret. `opts`: what carries the provider, and what must stand first. */
export function kubeconfig(cluster: ClusterName, opts: pulumi.InvokeOutputOptions): pulumi.Output<string> {
  const listed = listManagedClusterUserCredentialsOutput(
    { resourceGroupName: cluster.resourceGroup, resourceName: cluster.name, format: "exec" },
    opts,
  );
  return pulumi.secret(
    pulumi.all([listed, cluster.name]).apply(([{ kubeconfigs }, name]) => {
      const encoded = kubeconfigs?.[0]?.value ?? "";
      return kubeconfigOf(name, Buffer.from(encoded, "base64").toString("utf8"), cluster.login);
    }),
  );
}

/** The application that every AKS cluster's API server is in Entra ID (AKS documentation of kubelogin). */
const serverApplication = "6dae42f8-4368-4678-94ff-3960e28e3630";

/**
 * As JSON, which is YAML. Of what AKS lists only the server and its authority are taken: its exec entry asks a person
 * to type a code. Holds no credentials: `kubelogin` gets a token for whoever runs it.
 */
export function kubeconfigOf(name: string, listed: string, login: Login): string {
  const server = field(listed, "server");
  const certificateAuthority = field(listed, "certificate-authority-data");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": certificateAuthority } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "kubelogin",
            args: ["get-token", "--login", login, "--server-id", serverApplication],
            installHint: "kubelogin is not on PATH: see https://aka.ms/aks/kubelogin",
            interactiveMode: login === "devicecode" ? "IfAvailable" : "Never",
          },
        },
      },
    ],
  });
}

/** A value of a kubeconfig of one cluster, where each of these keys stands once. */
function field(listed: string, key: string): string {
  return new RegExp(`["']?${key}["']?:\\s*["']?([^\\s"',}]+)`).exec(listed)?.[1] ?? "";
}
