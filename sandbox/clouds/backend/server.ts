/** A managed server: one pod behind a Service with a certificate for its managed names, and its data on a claim. */
import type { V1Container, V1ObjectMeta, V1Service, V1StatefulSet, V1Volume } from "@kubernetes/client-node";
import { LOCAL_PATH } from "../../cluster/storage.ts";
import { serverCertificate } from "./authority.ts";
import { hostsAnnotation, publishHosts, untilResolved } from "./hosts.ts";
import { type CloudSpace, found, serverLabel, until } from "./objects.ts";

/** What a kind of server says of itself. The container finds its data in /data and its certificate in /tls. */
export interface ServerSpec {
  readonly name: string;
  readonly image: string;
  /**
   * Names of the server, also in its certificate; names with `*` are in the certificate only. Without any, the
   * certificate is for its address.
   */
  readonly hosts: readonly string[];
  /** Further names that lead to it, which its certificate covers or, as the real one, does not. */
  readonly aliases?: readonly string[];
  readonly port: number;
  readonly user: number;
  readonly command: readonly string[];
  readonly env?: V1Container["env"];
  readonly ready: NonNullable<V1Container["readinessProbe"]>;
  readonly memory: string;
  readonly storage: string;
  readonly mounts?: NonNullable<V1Container["volumeMounts"]>;
  readonly volumes?: readonly V1Volume[];
}

/** Where a server is reached from the node, and how it is verified there. */
export interface Reached {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly caPem: string;
}

/** Makes the server what it is to be, and waits until its names lead to it. Whether it serves is its own to find out. */
export async function ensureServer(
  space: CloudSpace,
  kubeconfig: string,
  spec: ServerSpec,
): Promise<Reached> {
  const labels = { [serverLabel]: spec.name };
  // A cloud's table may have no reader's name to give.
  const hosts = spec.hosts.filter((host) => host !== "");
  const names = [...hosts.filter((host) => !host.includes("*")), ...(spec.aliases ?? [])];
  const service = await space.apply<V1Service>({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...space.meta(spec.name, labels), annotations: { [hostsAnnotation]: names.join(" ") } },
    spec: { selector: labels, ports: [{ name: "server", port: spec.port, targetPort: spec.port }] },
  });
  const address = service.spec?.clusterIP ?? "";
  const addresses = names.length === 0 ? [address] : [];
  const { revision, pem } = await serverCertificate(space, `${spec.name}-tls`, hosts, labels, addresses);
  await space.apply(statefulSet(space.meta(spec.name, labels), spec, revision));
  await publishHosts(space, kubeconfig);
  await untilResolved(names, address);
  return { address, port: spec.port, host: names[0] ?? address, caPem: pem };
}

function statefulSet(metadata: V1ObjectMeta, spec: ServerSpec, revision: string): V1StatefulSet {
  const labels = { ...metadata.labels };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata,
    spec: {
      replicas: 1,
      serviceName: spec.name,
      selector: { matchLabels: { [serverLabel]: spec.name } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
      template: {
        metadata: { labels, annotations: { "portolan.dev/certificate": revision } },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // Nothing is lost by an end at once: what is written is in the page cache, which outlives the process.
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: spec.user,
            runAsGroup: spec.user,
            fsGroup: spec.user,
            seccompProfile: { type: "RuntimeDefault" },
            // The server listens on the port that clients know: a NetworkPolicy sees the pod's, not the Service's.
            sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
          },
          containers: [container(spec)],
          volumes: [
            // 0640: Postgres takes a key that root owns only if nobody but its own group may read it.
            { name: "tls", secret: { secretName: `${spec.name}-tls`, defaultMode: 0o640 } },
            { name: "tmp", emptyDir: {} },
            ...(spec.volumes ?? []),
          ],
        },
      },
      volumeClaimTemplates: [
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "data", labels },
          spec: {
            accessModes: ["ReadWriteOnce"],
            // The sandbox's own: the program under test may make another one the default.
            storageClassName: LOCAL_PATH,
            resources: { requests: { storage: spec.storage } },
          },
        },
      ],
    },
  };
}

function container(spec: ServerSpec): V1Container {
  return {
    name: "server",
    image: spec.image,
    imagePullPolicy: "Never",
    command: [...spec.command],
    ...(spec.env === undefined ? {} : { env: spec.env }),
    ports: [{ name: "server", containerPort: spec.port }],
    readinessProbe: spec.ready,
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: spec.memory } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "tls", mountPath: "/tls", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
      ...(spec.mounts ?? []),
    ],
  };
}

/**
 * Tries `use` until it does not throw: a server that has just been made, or made anew, needs a moment.
 * @throws with the server's last words and what its pod waits for, after 120 s.
 */
export async function whenServing<T>(space: CloudSpace, name: string, use: () => Promise<T>): Promise<T> {
  let last = "";
  const done: { value: T }[] = [];
  await until(
    async () => {
      try {
        done.push({ value: await use() });
        return true;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        return false;
      }
    },
    async () => `Server ${name} in namespace ${space.namespace}: ${last}; ${await podTrouble(space, name)}`,
  );
  const [first] = done;
  if (first === undefined) throw new Error(`server ${name} gave no answer`);
  return first.value;
}

/** What the server's pod waits for, in a few words. */
async function podTrouble(space: CloudSpace, name: string): Promise<string> {
  const { items } = await space.core.listNamespacedPod({
    namespace: space.namespace,
    labelSelector: `${serverLabel}=${name}`,
  });
  if (items.length === 0) return "it has no pod";
  return items
    .map(({ status }) => {
      const [state] = status?.containerStatuses ?? [];
      const why = state?.state?.waiting ?? state?.lastState?.terminated;
      return `its pod is ${status?.phase}${why === undefined ? "" : `: ${why.reason} ${why.message ?? ""}`}`;
    })
    .join("; ");
}

/** Removes the server with its data, its names and its Secrets, and waits until they are gone. None there is fine. */
export async function removeServer(space: CloudSpace, kubeconfig: string, name: string): Promise<void> {
  const { namespace } = space;
  const labelSelector = `${serverLabel}=${name}`;
  const metadata = { name, namespace };
  await space.delete({ apiVersion: "v1", kind: "Service", metadata });
  await publishHosts(space, kubeconfig);
  await space.delete({ apiVersion: "apps/v1", kind: "StatefulSet", metadata });
  await found(space.core.deleteCollectionNamespacedSecret({ namespace, labelSelector }));
  await found(space.core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector }));
  const left = async () => {
    const pods = await space.core.listNamespacedPod({ namespace, labelSelector });
    const claims = await space.core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector });
    const volumes = await space.core.listPersistentVolume();
    const bound = volumes.items.filter(
      ({ spec }) => spec?.claimRef?.namespace === namespace && spec.claimRef.name === `data-${name}-0`,
    );
    return [...pods.items, ...claims.items, ...bound].map((each) => each.metadata?.name ?? "");
  };
  await until(
    async () => (await left()).length === 0,
    async () => `Of server ${name} there is still ${(await left()).join(", ")}`,
  );
}
