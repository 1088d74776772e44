import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type { EventFact, ImageFact, JobFact, PodFact } from "./model.ts";

/** Small pure readers: Kubernetes objects in, rows of the report out. */

/** A pod as a row. */
export function podFact(pod: V1Pod): PodFact {
  const statuses = pod.status?.containerStatuses ?? [];
  return {
    namespace: pod.metadata?.namespace ?? "",
    name: pod.metadata?.name ?? "",
    uid: pod.metadata?.uid ?? "",
    phase: pod.metadata?.deletionTimestamp === undefined ? (pod.status?.phase ?? "") : "Terminating",
    ready: `${statuses.filter((status) => status.ready).length}/${pod.spec?.containers.length ?? 0}`,
    restarts: statuses.reduce((sum, status) => sum + status.restartCount, 0),
    images: pod.spec?.containers.map((container) => container.image ?? "") ?? [],
  };
}

/** A job as a row. */
export function jobFact(job: V1Job): JobFact {
  const condition = job.status?.conditions?.find(({ status }) => status === "True")?.type ?? "Running";
  return {
    namespace: job.metadata?.namespace ?? "",
    name: job.metadata?.name ?? "",
    status: `${condition}, ${job.status?.succeeded ?? 0} succeeded, ${job.status?.failed ?? 0} failed`,
  };
}

/** The digests of what really ran, as the nodes report them. `archives`: sizes of archives built here, by reference. */
export function imageFacts(pods: readonly V1Pod[], archives: Readonly<Record<string, number>>): ImageFact[] {
  const found = new Map<string, ImageFact>();
  for (const status of pods.flatMap((pod) => pod.status?.containerStatuses ?? [])) {
    const ref = status.image.replace(/^docker\.io\/(library\/)?/, "");
    const digest = status.imageID.replace(/^.*(sha256:)/, "$1");
    found.set(`${ref} ${digest}`, { ref, digest, bytes: archives[ref] ?? 0 });
  }
  return [...found.values()].sort((a, b) => a.ref.localeCompare(b.ref));
}

/** What an event needs to be a row; the typed clients' two kinds of event both have it. */
export interface EventLike {
  readonly metadata?: {
    readonly namespace?: string | undefined;
    readonly creationTimestamp?: Date | undefined;
  };
  readonly lastTimestamp?: Date | undefined;
  readonly eventTime?: Date | string | undefined;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly involvedObject?: { readonly kind?: string | undefined; readonly name?: string | undefined };
}

/** An event as a row. */
export function eventFact(event: EventLike): EventFact {
  const at = event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp;
  return {
    at: at === undefined ? "" : new Date(at).toISOString(),
    namespace: event.metadata?.namespace ?? "",
    type: event.type ?? "",
    reason: event.reason ?? "",
    object: `${event.involvedObject?.kind ?? ""}/${event.involvedObject?.name ?? ""}`,
    message: event.message ?? "",
  };
}
