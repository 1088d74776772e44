/** What a platform on AWS can give, from its settings alone. */
import type { ClusterDriver, Offers } from "../platform.ts";
import type { AwsSettings } from "./settings.ts";

/** A shared volume is EFS, built only where an application asks for one. */
export function awsOffers({ redis }: Pick<AwsSettings, "redis">): Offers {
  return {
    database: ["postgres"],
    redis: redis.kind === "new" ? ["acl"] : [redis.isolation],
    objectStore: ["s3"],
    sharedVolume: true,
  };
}

/** The driver of shared volumes, and how a cluster of the user's own gets it. */
export const sharedDriver: ClusterDriver = {
  name: "efs.csi.aws.com",
  remedy: "`aws eks create-addon --addon-name aws-efs-csi-driver`, with a role for it",
};
