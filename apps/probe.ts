/** The probe: uses every service of a platform and says whether it could. Deployed to check a platform first. */
import { objectStoreProtocols } from "../providers/platform.ts";
import type { App } from "./app.ts";
import { database, objectStore, redis, workload } from "./chartValues.ts";

export const probe: App = {
  name: "probe",
  chart: { path: "charts/probe" },
  image: "portolan/probe",
  needs: {
    database: { engine: "postgres" },
    redis: { isolation: ["instance", "acl", "prefix"] },
    objectStore: { protocols: objectStoreProtocols },
  },
  secrets: {
    APP_KEY: {
      kind: "write-once",
      purpose: "encrypts a canary in the database, as an application encrypts its data",
    },
  },
  routes: { by: "chart" },
  disruptionBudget: { by: "chart" },
  values: (bindings) => ({
    ...workload(bindings),
    secrets: { existingSecret: bindings.secretName, appKeyKey: "APP_KEY" },
    ...(bindings.database ? { database: database(bindings.database) } : {}),
    ...(bindings.redis ? { redis: redis(bindings.redis) } : {}),
    ...(bindings.objectStore ? { objectStore: objectStore(bindings.objectStore) } : {}),
  }),
};
