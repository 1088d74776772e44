/** A cluster that the user brings: looked at, never changed. */
import { getManagedClusterOutput } from "@pulumi/azure-native/containerservice/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Mistake, refuse } from "../mistakes.ts";
import type { AksCluster } from "./cluster.ts";
import type { Network } from "./network.ts";
import type { Scope } from "./scope.ts";
import type { ClusterSettings } from "./settings.ts";

type Existing = Extract<ClusterSettings, { kind: "existing" }>;

/** What Azure says of a cluster, as far as it is looked at. */
export interface FoundCluster {
  readonly oidcIssuerProfile?: { readonly issuerURL?: string };
  readonly securityProfile?: { readonly workloadIdentity?: { readonly enabled?: boolean } };
  readonly agentPoolProfiles?: readonly { readonly vnetSubnetID?: string }[];
  readonly aadProfile?: object;
}

export function existingCluster(scope: Scope, settings: Existing, within: Network): AksCluster {
  const { name, resourceGroup } = settings;
  const found = getManagedClusterOutput(
    { resourceName: name, resourceGroupName: resourceGroup },
    { parent: scope.parent },
  );
  return {
    name: pulumi.output(name),
    resourceGroupName: pulumi.output(resourceGroup),
    issuer: pulumi.all([found, within.nodeSubnetId]).apply(([answer, nodeSubnetId]) => {
      refuse(clusterMistakes(settings, nodeSubnetId, answer));
      return answer.oidcIssuerProfile?.issuerURL ?? "";
    }),
    principalId: found.apply(({ identity }) => {
      const [own] = Object.values(identity?.userAssignedIdentities ?? {});
      return own?.principalId ?? identity?.principalId ?? "";
    }),
    // Azure's own generation id: it differs for a cluster made again under the same name.
    identifier: found.resourceUID,
    ready: [],
  };
}

/** Everything that is wrong with it, at once. A pool that names no subnet is in a network of AKS's own: taken at its word. */
export function clusterMistakes(
  { name, resourceGroup }: Existing,
  nodeSubnetId: string,
  found: FoundCluster,
): Mistake[] {
  const { oidcIssuerProfile, securityProfile, agentPoolProfiles = [], aadProfile } = found;
  const mistakes: Mistake[] = [];
  if (!oidcIssuerProfile?.issuerURL || !securityProfile?.workloadIdentity?.enabled)
    mistakes.push({
      key: "cluster.name",
      value: name,
      allowed: "a cluster with OIDC issuer and workload identity",
      remedy: `\`az aks update --name ${name} --resource-group ${resourceGroup} --enable-oidc-issuer --enable-workload-identity\``,
    });
  if (!aadProfile)
    mistakes.push({
      key: "cluster.name",
      value: name,
      allowed:
        "a cluster that Entra ID lets people into: Portolan enters by `kubelogin`, never by a certificate of the cluster's",
      remedy: `\`az aks update --name ${name} --resource-group ${resourceGroup} --enable-aad\``,
    });
  const subnets = agentPoolProfiles.flatMap(({ vnetSubnetID }) => vnetSubnetID ?? []);
  const isThere = subnets.some((id) => id.toLowerCase() === nodeSubnetId.toLowerCase());
  if (subnets.length > 0 && !isThere)
    mistakes.push({
      key: "network.nodeSubnetId",
      value: nodeSubnetId,
      allowed: `a subnet of the nodes of cluster ${name}: ${[...new Set(subnets)].join(" | ")}`,
      remedy: "name it: cache, store and database must stand where the pods are",
    });
  return mistakes;
}
