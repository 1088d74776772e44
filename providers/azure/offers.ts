/** What a platform on Azure can give, from its settings alone. */
import type { ClusterDriver, Offers } from "../platform.ts";
import type { AzureSettings } from "./settings.ts";

export function azureOffers({ redis }: Pick<AzureSettings, "redis">): Offers {
  return {
    database: ["postgres"],
    redis: [redis.isolation],
    objectStore: ["azure-blob"],
    sharedVolume: true,
  };
}

/** The driver of shared volumes, and how a cluster of the user's own gets it. */
export const sharedDriver: ClusterDriver = {
  name: "file.csi.azure.com",
  remedy: "`az aks update --enable-file-driver`",
};
