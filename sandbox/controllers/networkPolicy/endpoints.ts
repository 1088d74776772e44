/** Which pod has which address, from two witnesses: the API, and the CNI plugin's own records. */
import type { Endpoint, Pod } from "./objects.ts";

/** One attachment as the CNI plugin recorded it, before any container of the pod starts. */
export interface Attachment {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
}

function namedPorts(pod: Pod): Endpoint["ports"] {
  // Of the init containers only sidecars (restartPolicy Always) live on to serve a port.
  const sidecars = pod.spec.initContainers.filter((c) => c.restartPolicy === "Always");
  return [...pod.spec.containers, ...sidecars]
    .flatMap((container) => container.ports)
    .flatMap(({ name, containerPort, protocol }) =>
      name === undefined ? [] : [{ name, port: containerPort, protocol }],
    );
}

/**
 * The pods that have an address. The record of the CNI plugin wins over the API, which learns a new address about a
 * second late and remembers the old one of a pod that is gone: an address then would stand for the wrong pod.
 */
export function endpointsOf(pods: readonly Pod[], attachments: readonly Attachment[]): readonly Endpoint[] {
  const recorded = new Map(attachments.map((a) => [`${a.namespace}/${a.name}`, a.address]));
  const taken = new Set(attachments.map((a) => a.address));
  return pods.flatMap((pod) => {
    if (pod.spec.hostNetwork || pod.status.phase === "Succeeded" || pod.status.phase === "Failed") return [];
    const { namespace, name, labels } = pod.metadata;
    const record = recorded.get(`${namespace}/${name}`);
    const address = record ?? (taken.has(pod.status.podIP) ? "" : pod.status.podIP);
    return address === "" ? [] : [{ namespace, name, labels, address, ports: namedPorts(pod) }];
  });
}
