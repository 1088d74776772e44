/** The APIs of a project that this platform uses, switched on before anything else and never off again. */
import { Service } from "@pulumi/gcp/projects/service.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Needs } from "../platform.ts";
import type { GcpSettings } from "./settings.ts";

/**
 * `serviceusage` and `cloudresourcemanager` are switched on by hand, once a project: with the first one the others are
 * switched on, and of the second the project's number is asked.
 */
export function apisFor(settings: GcpSettings, needs: Needs, production: boolean): string[] {
  const { cluster, database, redis, dns } = settings;
  const newDatabase = needs.database !== undefined && database.kind === "new";
  const newRedis = needs.redis !== undefined && redis.kind === "new";
  const wanted: Record<string, boolean> = {
    compute: true,
    container: true,
    iam: cluster.kind === "new",
    cloudkms: cluster.kind === "new" && (cluster.ownKey ?? production),
    sqladmin: newDatabase,
    dns: newDatabase || dns !== undefined,
    redis: newRedis,
    storage: needs.objectStore !== undefined,
    file: needs.sharedVolume !== undefined,
    secretmanager: true,
  };
  return Object.keys(wanted).filter((api) => wanted[api]);
}

/** An API that was just switched on may answer SERVICE_DISABLED for a minute and a half: then `up` is run again. */
export function enableApis(name: string, apis: readonly string[], parent: pulumi.Resource): Service[] {
  return apis.map(
    (api) =>
      new Service(
        `${name}-api-${api}`,
        // Others in the project may use it.
        { service: `${api}.googleapis.com`, disableOnDestroy: false },
        { parent },
      ),
  );
}
