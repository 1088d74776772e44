/** The simulated Google Cloud: its table of resource types by service, its functions, its provider's settings. */

import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Cloud, Refused } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { addresses } from "./addresses.ts";
import { dns } from "./dns.ts";
import { functions } from "./functions.ts";
import { gke } from "./gke.ts";
import { iam } from "./iam.ts";
import { keys } from "./keys.ts";
import { networks } from "./network.ts";
import { redis } from "./redis.ts";
import { regions } from "./regions.ts";
import { secrets } from "./secrets.ts";
import { sql } from "./sql.ts";
import { storage } from "./storage.ts";
import { labelsOf, wrongLabels } from "./words.ts";

/** Where the provider works: its settings, else what its variables say. */
function placeOf(config: PlainBag, env: NodeJS.ProcessEnv): { project: string; region: string } {
  return {
    project: textOf(config, "project") || (env.GOOGLE_PROJECT ?? env.GOOGLE_CLOUD_PROJECT ?? ""),
    region: textOf(config, "region") || (env.GOOGLE_REGION ?? ""),
  };
}

function wrongPlace({ project, region }: { project: string; region: string }): readonly string[] {
  return [
    ...(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project)
      ? []
      : [
          `project: required field is not set, or no project's id: "${project}". Set the provider's \`project\`, \`pulumi config set gcp:project\` or GOOGLE_PROJECT`,
        ]),
    ...(regions.includes(region)
      ? []
      : [`The simulated Google Cloud has no region "${region}"; it has ${regions.join(", ")}`]),
  ];
}

export const gcp: Cloud = {
  provider: "gcp",
  sdk: "@pulumi/gcp",
  kinds: {
    ...iam,
    ...networks,
    ...addresses,
    ...keys,
    ...gke,
    ...sql,
    ...redis,
    ...storage,
    ...secrets,
    ...dns,
  },
  functions,
  settings: (config, env) => {
    const place = placeOf(config, env);
    const [wrong] = wrongPlace(place);
    if (wrong !== undefined) throw new Refused(wrong);
    return { region: place.region, account: place.project, config };
  },
  refuseConfig: (config, env) => [
    ...wrongPlace(placeOf(config, env)),
    ...wrongLabels(config, "defaultLabels"),
  ],
  dress: ({ world, inputs }, declared) => {
    const labels = labelsOf(world, inputs);
    const put = (key: string, value: PlainBag | string): PlainBag =>
      declared.has(key) ? { [key]: value } : {};
    return {
      ...put("project", textOf(inputs, "project") || world.account),
      ...put("region", world.region),
      ...put("pulumiLabels", labels),
      ...put("effectiveLabels", { ...labels, "goog-pulumi-provisioned": "true" }),
    };
  },
  words: {
    throttled:
      "googleapi: Error 429: Quota exceeded for quota metric 'Requests' per minute, rateLimitExceeded",
    internal: "googleapi: Error 503: Internal error encountered., backendError",
    timeout: "Post: net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    quota: (type) =>
      `googleapi: Error 403: Quota of ${type} exceeded. Ask for more at https://console.cloud.google.com/iam-admin/quotas, quotaExceeded`,
  },
};
