/** Orthanc: a DICOM server. Index in Postgres, images on a volume that its pods share, DICOM over TLS beside HTTPS. */
import type { App } from "./app.ts";
import { database, workload } from "./chartValues.ts";

export const orthanc: App = {
  name: "orthanc",
  chart: { path: "charts/orthanc" },
  image: "orthancteam/orthanc",
  needs: { database: { engine: "postgres", connections: 5 }, sharedVolume: { sizeGi: 10 }, tcp: ["dicom"] },
  secrets: {
    ORTHANC_PASSWORD: { kind: "rotatable", purpose: "password of the REST user `portolan`" },
  },
  routes: { by: "chart" },
  disruptionBudget: { by: "chart" },
  values: (bindings) => ({
    ...workload(bindings),
    orthanc: { name: bindings.slug, aet: aet(bindings.slug) },
    auth: { existingSecret: bindings.secretName, username: "portolan", passwordKey: "ORTHANC_PASSWORD" },
    ...(bindings.database ? { database: database(bindings.database) } : {}),
    storage: { kind: "volume", existingClaim: bindings.sharedClaim ?? "" },
  }),
};

/** An application entity title has at most 16 characters (DICOM PS3.5, value representation AE). */
export function aet(slug: string): string {
  return slug.toUpperCase().replaceAll("-", "_").slice(0, 16);
}
