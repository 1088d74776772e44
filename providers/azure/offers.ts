/** What a platform on Azure can give, from its settings alone. */
import type { Offers } from "../platform.ts";
import type { AzureSettings } from "./settings.ts";

export function azureOffers({ redis }: Pick<AzureSettings, "redis">): Offers {
  return {
    database: ["postgres"],
    redis: [redis.isolation],
    objectStore: ["azure-blob"],
    sharedVolume: true,
  };
}
