import type { V1Pod } from "@kubernetes/client-node";
import { reason } from "../checks.ts";
import type { Kube } from "../kube.ts";
import { draw } from "./draw.ts";
import type { ClusterEvidence, TextFact } from "./model.ts";
import { eventFact, imageFacts, jobFact, podFact } from "./objects.ts";
import { readScene } from "./scene.ts";

/** What to collect, and what must not get into it. */
export interface CollectOptions {
  readonly namespaces: readonly string[];
  /** Sizes of image archives built here, by reference. */
  readonly archives: Readonly<Record<string, number>>;
  /** Takes every secret out of a text. */
  readonly redact: (text: string) => string;
}

/** Longest log or describe kept, in characters, counted from its end. */
const longest = 24_000;

/**
 * Everything worth keeping of the given namespaces at this moment. Never throws for a part that cannot be read
 * (after a failure much may be gone): the text then says why.
 */
export async function collect(kube: Kube, options: CollectOptions): Promise<ClusterEvidence> {
  const { namespaces, redact, archives } = options;
  const each = async <T>(read: (namespace: string) => Promise<T[]>): Promise<T[]> =>
    (await Promise.all(namespaces.map((namespace) => read(namespace).catch((): T[] => [])))).flat();
  const [pods, jobs, events] = await Promise.all([
    each(async (namespace) => (await kube.core.listNamespacedPod({ namespace })).items),
    each(async (namespace) => (await kube.batch.listNamespacedJob({ namespace })).items),
    each(async (namespace) => (await kube.core.listNamespacedEvent({ namespace })).items),
  ]);
  const topology = await readScene(kube, namespaces).then(draw, () => ({ nodes: [], edges: [] }));
  const texts = (facts: TextFact[]) =>
    facts.map(({ title, text }) => ({ title, text: redact(text.slice(-longest)) }));
  return {
    topology,
    pods: pods.map(podFact),
    jobs: jobs.map(jobFact),
    events: events
      .map(eventFact)
      .sort((a, b) => a.at.localeCompare(b.at))
      .map((event) => ({ ...event, message: redact(event.message) })),
    describes: texts(await Promise.all(namespaces.map((namespace) => describe(kube, namespace)))),
    logs: texts((await Promise.all(pods.map((pod) => logs(kube, pod)))).flat()),
    images: imageFacts(pods, archives),
  };
}

async function describe(kube: Kube, namespace: string): Promise<TextFact> {
  const kinds = "pods,deployments,statefulsets,jobs,services,persistentvolumeclaims,networkpolicies";
  const text = await kube
    .kubectl(["-n", namespace, "describe", kinds])
    .catch((thrown: unknown) => reason(thrown));
  return { title: namespace, text };
}

async function logs(kube: Kube, pod: V1Pod): Promise<TextFact[]> {
  const { namespace = "", name = "" } = pod.metadata ?? {};
  const read = (container: string, previous: boolean) =>
    kube.core
      .readNamespacedPodLog({ namespace, name, container, previous, tailLines: 400 })
      .catch((thrown: unknown) => reason(thrown));
  const containers = pod.status?.containerStatuses ?? [];
  const parts = containers.map(async ({ name: container, restartCount }) => {
    const title = `${namespace}/${name}/${container}`;
    const now = { title, text: await read(container, false) };
    if (restartCount === 0) return [now];
    return [now, { title: `${title}, before its last restart`, text: await read(container, true) }];
  });
  return (await Promise.all(parts)).flat();
}
