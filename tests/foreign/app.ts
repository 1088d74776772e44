/** An application with somebody else's chart, which has a Deployment and a Service and nothing else. */
import type { App } from "../../apps/app.ts";

export const notes: App = {
  name: "notes",
  chart: { path: "tests/foreign/chart" },
  image: "portolan/probe",
  needs: {},
  secrets: {},
  routes: { by: "portolan", service: (release) => `${release}-notes`, port: 80 },
  disruptionBudget: { by: "portolan", podLabels: (release) => ({ app: "notes", release }) },
  values: ({ image, scale }) => ({ image, replicas: scale.replicas }),
};
