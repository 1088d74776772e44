/** What secrets that the user keeps in Key Vault take: a vault for them, and an identity a tenant that reads its own. */
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/index.js";
import {
  FederatedIdentityCredential,
  UserAssignedIdentity,
} from "@pulumi/azure-native/managedidentity/index.js";
import * as pulumi from "@pulumi/pulumi";
import { readerAccount, tenantStore } from "../addons/index.ts";
import type { KeyRequest, KeySource, TenantRequest } from "../platform.ts";
import { secretNameOf } from "../secretNames.ts";
import type { AzureFacts } from "./facts.ts";
import { tokenAudience } from "./identity.ts";
import { type KeyVaultArgs, newVault } from "./keys.ts";
import { physicalName } from "./names.ts";
import { roleAssignment } from "./roles.ts";
import type { Scope } from "./scope.ts";

/** The vault of the user's secrets. */
export interface ExternalVault {
  readonly id: pulumi.Output<string>;
  readonly uri: pulumi.Output<string>;
  /** The directory in which identities are. */
  readonly directory: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** A vault apart from that of write-once keys, which nobody in the cluster is to read. */
export function externalVault(scope: Scope, args: Omit<KeyVaultArgs, "settings">): ExternalVault {
  const vault = newVault(scope, ["external"], args, true);
  return { ...vault, directory: getClientConfigOutput({ parent: scope.parent }).tenantId };
}

/** The tenant's identity, let to its secret alone, and a store that takes it. */
export function tenantKeys(
  stack: string,
  own: AzureFacts,
  request: TenantRequest & { readonly keys: KeyRequest },
  opts: pulumi.CustomResourceOptions,
): KeySource {
  const { slug, namespace, keys, parent } = request;
  const { externalVaultId, externalVaultUri, directory } = own;
  if (externalVaultId === undefined || externalVaultUri === undefined || directory === undefined)
    throw new Error("a platform without External Secrets was asked for a store");
  const secret = keys.secret ?? secretNameOf("azure", { stack, app: keys.app, slug });
  const identity = new UserAssignedIdentity(
    `${slug}-keys`,
    {
      resourceName: physicalName("identity", [stack, "keys", slug]),
      resourceGroupName: own.resourceGroup,
      location: own.region,
    },
    opts,
  );
  const federated = new FederatedIdentityCredential(
    `${slug}-keys`,
    {
      federatedIdentityCredentialResourceName: physicalName("federatedCredential", ["keys", slug]),
      resourceName: identity.name,
      resourceGroupName: own.resourceGroup,
      issuer: own.issuer,
      subject: pulumi.interpolate`system:serviceaccount:${namespace}:${readerAccount}`,
      audiences: [tokenAudience],
    },
    opts,
  );
  const granted = roleAssignment(
    `${slug}-keys`,
    {
      scope: pulumi.interpolate`${externalVaultId}/secrets/${secret}`,
      principalId: identity.principalId,
      principalType: "ServicePrincipal",
      role: "vaultSecretsUser",
    },
    opts,
  );
  return tenantStore(
    {
      slug,
      namespace,
      request: keys,
      secret,
      serviceAccountAnnotations: { "azure.workload.identity/client-id": identity.clientId },
      provider: {
        azurekv: {
          authType: "WorkloadIdentity",
          vaultUrl: externalVaultUri,
          tenantId: directory,
          serviceAccountRef: { name: readerAccount },
        },
      },
    },
    { parent, dependsOn: [federated, granted] },
  );
}
