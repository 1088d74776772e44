/** A cluster that the user brings: looked at, never changed. */
import { getManagedClusterOutput } from "@pulumi/azure-native/containerservice/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { AksCluster } from "./cluster.ts";
import type { Scope } from "./scope.ts";
import type { ClusterSettings } from "./settings.ts";

export function existingCluster(
  scope: Scope,
  settings: Extract<ClusterSettings, { kind: "existing" }>,
): AksCluster {
  const { name, resourceGroup } = settings;
  const found = getManagedClusterOutput(
    { resourceName: name, resourceGroupName: resourceGroup },
    { parent: scope.parent },
  );
  return {
    name: pulumi.output(name),
    resourceGroupName: pulumi.output(resourceGroup),
    issuer: found.apply(({ oidcIssuerProfile, securityProfile }) => {
      const issuer = oidcIssuerProfile?.issuerURL;
      if (issuer && securityProfile?.workloadIdentity?.enabled) return issuer;
      throw new pulumi.RunError(
        `portolan:platform.cluster.name\n    value:   ${name}\n    allowed: a cluster with OIDC issuer and workload identity\n` +
          `    remedy:  \`az aks update --name ${name} --resource-group ${resourceGroup} --enable-oidc-issuer --enable-workload-identity\``,
      );
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
