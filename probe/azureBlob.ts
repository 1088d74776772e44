/** A container of an Azure Storage account, opened by the workload identity that AKS gives the pod. */
import { text } from "node:stream/consumers";
import { rootCertificates } from "node:tls";
import { type TokenCredential, WorkloadIdentityCredential } from "@azure/identity";
import { ContainerClient, RestError } from "@azure/storage-blob";
import type { ServiceSession } from "./check.ts";
import { objectKey } from "./objectStore.ts";
import type { AzureBlobSettings } from "./objectStoreConfig.ts";
import { WatchedAgent } from "./watchedAgent.ts";

export async function openAzureBlob(settings: AzureBlobSettings): Promise<ServiceSession> {
  const { endpoint, container, roots } = settings;
  const agent = new WatchedAgent(roots);
  // The client hands every option on to its pipeline, which takes an agent; only its own type does not name it.
  const options = { agent, retryOptions: { maxTries: 1 } };
  const client = new ContainerClient(`${endpoint}/${container}`, podIdentity(roots), options);
  const blob = (id: string) => client.getBlockBlobClient(objectKey(id));
  const write = async (id: string, value: string): Promise<void> => {
    await blob(id).upload(value, Buffer.byteLength(value));
  };
  return {
    write,
    keep: write,
    async read(id) {
      try {
        const { readableStreamBody } = await blob(id).download();
        return readableStreamBody && (await text(readableStreamBody));
      } catch (error) {
        if (error instanceof RestError && error.code === "BlobNotFound") return undefined;
        throw error;
      }
    },
    async remove(id) {
      await blob(id).delete();
    },
    tls: () => agent.report,
    close: () => agent.destroy(),
  };
}

/**
 * Reads what AKS's webhook puts into a pod: AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE,
 * AZURE_AUTHORITY_HOST. Who needs roots of their own for the store (an inspecting proxy, a private cloud) needs them for
 * the authority too, and cannot ask the public cloud whether that authority is a known one.
 */
function podIdentity(roots: string | undefined): TokenCredential {
  const own = roots && { tlsOptions: { ca: [...rootCertificates, roots].join("\n") } };
  return {
    async getToken(...request) {
      try {
        const options = { retryOptions: { maxRetries: 1 } };
        const identity = new WorkloadIdentityCredential(
          own ? { ...options, ...own, disableInstanceDiscovery: true } : options,
        );
        return await identity.getToken(...request);
      } catch (cause) {
        throw new Error("the pod's identity gave no token for Azure Blob", { cause });
      }
    },
  };
}
