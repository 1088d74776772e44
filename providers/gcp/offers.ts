/** What a platform on Google Cloud can give, from its settings alone. */
import type { ClusterDriver, Offers } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";

/** Never `acl` by itself: Memorystore for Redis has one password and no users. */
export function gcpOffers({ redis }: Pick<GcpSettings, "redis">): Offers {
  return {
    database: ["postgres"],
    redis: [redis.isolation],
    objectStore: ["gcs"],
    sharedVolume: true,
  };
}

/** The driver of shared volumes, and how a cluster of the user's own gets it. */
export const sharedDriver: ClusterDriver = {
  name: "filestore.csi.storage.gke.io",
  remedy: "`gcloud container clusters update NAME --update-addons=GcpFilestoreCsiDriver=ENABLED`",
};
