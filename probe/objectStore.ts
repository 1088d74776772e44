/** A bucket or a container, always with the certificate and the host name verified. */
import type { ServiceSession } from "./check.ts";
import type { ObjectStoreSettings } from "./objectStoreConfig.ts";

/**
 * One check's session. The bucket or container must be there already. A keyless one asks for a new token each time, so
 * that a check proves the identity too. Only the client of the protocol in use is loaded: each takes memory and time.
 */
export async function openObjectStore(settings: ObjectStoreSettings): Promise<ServiceSession> {
  switch (settings.protocol) {
    case "s3":
      return await (await import("./s3.ts")).openS3(settings);
    case "gcs":
      return await (await import("./gcs.ts")).openGcs(settings);
    case "azure-blob":
      return await (await import("./azureBlob.ts")).openAzureBlob(settings);
  }
}

/** Where a check's object is kept. */
export function objectKey(id: string): string {
  return `portolan-probe/${id}`;
}
