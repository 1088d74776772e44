import { z } from "zod";
import type { PlainBag } from "../../rpc/values.ts";
import type { Place } from "../apply.ts";
import type { Cluster } from "../cluster.ts";
import { plainInner } from "../state.ts";

const container = z.looseObject({
  name: z.string(),
  restartCount: z.number().default(0),
  state: z
    .looseObject({
      waiting: z.looseObject({ reason: z.string().default(""), message: z.string().default("") }).optional(),
      terminated: z
        .looseObject({
          reason: z.string().default(""),
          exitCode: z.number().default(0),
          message: z.string().default(""),
        })
        .optional(),
    })
    .default({}),
});
const pods = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      status: z
        .looseObject({
          phase: z.string().default(""),
          conditions: z
            .array(
              z.looseObject({
                type: z.string(),
                status: z.string(),
                reason: z.string().default(""),
                message: z.string().default(""),
              }),
            )
            .default([]),
          containerStatuses: z.array(container).default([]),
          initContainerStatuses: z.array(container).default([]),
        })
        .prefault({}),
    }),
  ),
});

/** What is wrong with the pods behind a workload, one line each: for the reasons of a failed update. */
export async function podTroubles(
  cluster: Cluster,
  { namespace }: Place,
  object: PlainBag,
): Promise<string[]> {
  const labels = plainInner(plainInner(plainInner(object, "spec"), "selector"), "matchLabels");
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  if (selector.length === 0) return [];
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    const found = await cluster.request({
      method: "GET",
      path,
      query: { labelSelector: selector.join(","), limit: "20" },
    });
    return pods.parse(found).items.flatMap(({ metadata, status }) => {
      const unscheduled = status.conditions.filter(
        ({ type, status: held }) => type === "PodScheduled" && held === "False",
      );
      return [
        ...unscheduled.map(({ reason, message }) => `Pod ${metadata.name}: ${reason}: ${message}`),
        ...[...status.initContainerStatuses, ...status.containerStatuses].flatMap(
          ({ name, state, restartCount }) => {
            const { waiting, terminated } = state;
            const restarts = restartCount > 0 ? ` (${restartCount} restarts)` : "";
            if (
              waiting !== undefined &&
              waiting.reason !== "PodInitializing" &&
              waiting.reason !== "ContainerCreating"
            ) {
              return [
                `Pod ${metadata.name}, container ${name}: ${waiting.reason}: ${waiting.message}${restarts}`,
              ];
            }
            if (terminated !== undefined && terminated.exitCode !== 0) {
              return [
                `Pod ${metadata.name}, container ${name}: exit code ${terminated.exitCode}: ${terminated.reason} ${terminated.message}${restarts}`,
              ];
            }
            return [];
          },
        ),
      ];
    });
  } catch {
    // Evidence only: the reason why the object is not ready is already known.
    return [];
  }
}
