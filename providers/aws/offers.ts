/** What a platform on AWS can give, from its settings alone. */
import type { Offers } from "../platform.ts";
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
