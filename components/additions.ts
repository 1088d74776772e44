/** What an application's chart leaves out and Portolan installs beside it, as values of charts/additions. */
import type { App, ChartValues, RouteBinding } from "../apps/app.ts";
import * as chartValues from "../apps/chartValues.ts";

/** Holds nothing of the application's release, so that renaming that one moves no route. */
export const additionsRelease = "additions";
export const additionsChart = { path: "charts/additions" } as const;

/** Undefined where the chart draws everything itself. */
export function additionsOf(
  { routes, disruptionBudget }: Pick<App, "routes" | "disruptionBudget">,
  release: string,
  route: RouteBinding,
): ChartValues | undefined {
  if (routes.by === "chart" && disruptionBudget.by === "chart") return undefined;
  return {
    ...(routes.by === "portolan"
      ? {
          service: { name: routes.service(release), port: routes.port, tcp: { ...routes.tcp } },
          route: chartValues.route(route),
        }
      : {}),
    podDisruptionBudget:
      disruptionBudget.by === "portolan"
        ? { podLabels: { ...disruptionBudget.podLabels(release) } }
        : { enabled: false },
  };
}
