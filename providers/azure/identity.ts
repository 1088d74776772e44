/** A tenant's identity: tokens of its ServiceAccount, and only of that one, stand for it. There is no key. */
import {
  FederatedIdentityCredential,
  UserAssignedIdentity,
} from "@pulumi/azure-native/managedidentity/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformFacts, TenantRequest, WorkloadIdentity } from "../platform.ts";
import type { AzureFacts } from "./facts.ts";
import { physicalName } from "./names.ts";
import { roleAssignment } from "./roles.ts";

/** What a ServiceAccount's token must be for, so that Entra ID takes it in exchange. */
export const tokenAudience = "api://AzureADTokenExchange";

export interface TenantIdentity {
  readonly identity: WorkloadIdentity;
  /** What must stand before a pod starts. A role may take up to ten minutes more to act. */
  readonly ready: pulumi.Resource[];
}

/** `containerId`: the only thing that it may read and write. */
export function tenantIdentity(
  facts: PlatformFacts<pulumi.Input<string>>,
  own: AzureFacts,
  request: TenantRequest,
  containerId: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): TenantIdentity {
  const { slug, namespace, serviceAccount } = request;
  const identity = new UserAssignedIdentity(
    `${slug}-identity`,
    {
      // Not the slug alone: one may be called what the platform calls an identity of its own.
      resourceName: physicalName("identity", [facts.stack, "tenant", slug]),
      resourceGroupName: own.resourceGroup,
      location: own.region,
    },
    opts,
  );
  const federated = new FederatedIdentityCredential(
    `${slug}-identity`,
    {
      federatedIdentityCredentialResourceName: physicalName("federatedCredential", [slug]),
      resourceName: identity.name,
      resourceGroupName: own.resourceGroup,
      issuer: own.issuer,
      subject: pulumi.interpolate`system:serviceaccount:${namespace}:${serviceAccount}`,
      audiences: [tokenAudience],
    },
    opts,
  );
  const granted = roleAssignment(
    `${slug}-container`,
    {
      scope: containerId,
      principalId: identity.principalId,
      principalType: "ServicePrincipal",
      role: "blobDataContributor",
    },
    opts,
  );
  return {
    identity: {
      serviceAccountAnnotations: { "azure.workload.identity/client-id": identity.clientId },
      podLabels: { "azure.workload.identity/use": "true" },
    },
    ready: [federated, granted],
  };
}
