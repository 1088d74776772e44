/** What one tenant gets on Azure: the shared Postgres, Redis as the stack file says, a container and an identity. */
import type * as pulumi from "@pulumi/pulumi";
import { refuseTenant } from "../mistakes.ts";
import type { AzureBlobService, PlatformFacts, TenantRequest, TenantServices } from "../platform.ts";
import { tenantKeys } from "./externalSecrets.ts";
import { type AzureFacts, azureFacts } from "./facts.ts";
import { type TenantIdentity, tenantIdentity } from "./identity.ts";
import { tenantContainer } from "./objectStore.ts";
import { tenantRedis } from "./redisTenant.ts";
import { unaliased } from "./scope.ts";

type Facts = PlatformFacts<pulumi.Input<string>>;

export function tenantServices(
  facts: Facts,
  provider: pulumi.ProviderResource,
  request: TenantRequest,
): TenantServices {
  const { needs } = request;
  const own = azureFacts(facts);
  const server = needs.database ? facts.databaseServer : undefined;
  const redis = needs.redis ? tenantRedis(facts, own, request, provider) : undefined;
  const store = needs.objectStore ? tenantStore(facts, own, request, provider) : undefined;
  const { keys, parent } = request;
  const opts = { parent, provider, transformations: [unaliased] };
  return {
    identity: store?.identity ?? { serviceAccountAnnotations: {}, podLabels: {} },
    ...(server ? { database: { kind: "server", server } } : {}),
    ...(redis ? { redis: redis.service } : {}),
    ...(store ? { objectStore: store.service } : {}),
    ...(keys ? { keys: tenantKeys(facts.stack, own, { ...request, keys }, opts) } : {}),
    ready: [...(redis?.ready ?? []), ...(store?.ready ?? [])],
  };
}

/** Nothing but the container needs an identity, so one without the other is not made. */
function tenantStore(
  facts: Facts,
  own: AzureFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): (TenantIdentity & { service: AzureBlobService }) | undefined {
  const { storageAccount, blobEndpoint } = own;
  if (storageAccount === undefined || blobEndpoint === undefined)
    return refuseTenant(request.slug, {
      allowed: `a tenant whose application needs no object store: the platform of stack ${facts.stack} has no account for one`,
      remedy: "put it on a base whose own application needs an object store",
    });
  const opts = { parent: request.parent, provider, transformations: [unaliased] };
  const container = tenantContainer(facts, { ...own, storageAccount }, request, opts);
  const service: AzureBlobService = {
    protocol: "azure-blob",
    endpoint: blobEndpoint,
    container: container.name,
    tls: { roots: own.objectStoreRoots === undefined ? "system" : { caPem: own.objectStoreRoots } },
    access: { kind: "identity" },
  };
  return { ...tenantIdentity(facts, own, request, container.id, opts), service };
}
