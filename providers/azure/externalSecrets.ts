/** What secrets that the user keeps in Key Vault take: a vault for them, and an identity with which External Secrets reads it. */
import {
  FederatedIdentityCredential,
  UserAssignedIdentity,
} from "@pulumi/azure-native/managedidentity/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { AksCluster } from "./cluster.ts";
import { tokenAudience } from "./identity.ts";
import { type KeyVaultArgs, newVault } from "./keys.ts";
import { roleAssignment } from "./roles.ts";
import { localName, type Scope } from "./scope.ts";
import type { AzureSettings } from "./settings.ts";

export interface ExternalSecrets {
  readonly vaultUri: pulumi.Output<string>;
  /** For the annotation azure.workload.identity/client-id of its ServiceAccount. */
  readonly clientId: pulumi.Output<string>;
}

/** A vault apart: a role is for a whole vault, and write-once keys are not for this one. */
export function externalSecrets(
  scope: Scope,
  account: NonNullable<AzureSettings["externalSecrets"]>,
  aks: AksCluster,
  args: Omit<KeyVaultArgs, "settings">,
): ExternalSecrets {
  const { name, location, resourceGroupName, tags, parent } = scope;
  const vault = newVault(scope, ["external"], args, true);
  const identity = new UserAssignedIdentity(
    `${name}-external-secrets`,
    { resourceName: localName(scope, "identity", "external-secrets"), resourceGroupName, location, tags },
    { parent },
  );
  new FederatedIdentityCredential(
    `${name}-external-secrets`,
    {
      federatedIdentityCredentialResourceName: "external-secrets",
      resourceName: identity.name,
      resourceGroupName,
      issuer: aks.issuer,
      subject: `system:serviceaccount:${account.namespace}:${account.serviceAccount}`,
      audiences: [tokenAudience],
    },
    { parent },
  );
  roleAssignment(
    `${name}-external-secrets`,
    {
      scope: vault.id,
      principalId: identity.principalId,
      principalType: "ServicePrincipal",
      role: "vaultSecretsUser",
    },
    { parent },
  );
  return { vaultUri: vault.uri, clientId: identity.clientId };
}
