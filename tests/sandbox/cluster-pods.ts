import { existsSync } from "node:fs";
import { type ClusterHandle, insidePrefix } from "../../sandbox/cluster/index.ts";
import { tryRun } from "../../sandbox/cluster/run.ts";
import { requiredTool } from "../../sandbox/cluster/tools.ts";

/** Runs kubectl in the cluster; returns its output. */
export async function kubectl(
  handle: ClusterHandle,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const command = [
    ...insidePrefix(handle),
    requiredTool("kubectl"),
    `--kubeconfig=${handle.kubeconfig}`,
    ...args,
  ];
  const result = await tryRun(command, { timeoutMs: 120_000, ...(input === undefined ? {} : { input }) });
  if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

/** Applies objects. */
export async function apply(handle: ClusterHandle, ...objects: unknown[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await kubectl(handle, ["apply", "-f", "-"], list);
}

/** What a pod of the tests is to do. */
export interface PodWish {
  name: string;
  /** JavaScript for Node. */
  script: string;
  labels?: Record<string, string>;
  /** Mounted at /data. */
  claim?: string;
  /** Ready when this port answers HTTP. */
  port?: number;
}

/** A pod spec that runs Node from the host on the pause image: these tests need no other image. */
export function podSpec(wish: PodWish) {
  const folders = ["/lib", "/lib64", "/usr/lib"].filter((folder) => existsSync(folder));
  const mounts = [
    ...folders.map((path) => ({ name: path.slice(1).replace("/", "-"), path, type: "Directory" })),
    { name: "node", path: process.execPath, type: "File" },
  ];
  const data = wish.claim === undefined ? [] : [{ name: "data", mountPath: "/data" }];
  return {
    terminationGracePeriodSeconds: 0,
    volumes: [
      ...mounts.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
      ...(wish.claim === undefined
        ? []
        : [{ name: "data", persistentVolumeClaim: { claimName: wish.claim } }]),
    ],
    containers: [
      {
        name: "node",
        image: "sandbox/pause:3",
        imagePullPolicy: "Never",
        command: ["/node", "-e", wish.script],
        resources: { requests: { cpu: "20m", memory: "32Mi" } },
        volumeMounts: [
          ...mounts.map(({ name, path }) => ({
            name,
            mountPath: name === "node" ? "/node" : path,
            readOnly: true,
          })),
          ...data,
        ],
        ...(wish.port === undefined
          ? {}
          : { readinessProbe: { httpGet: { port: wish.port, path: "/" }, periodSeconds: 1 } }),
      },
    ],
  };
}

/** A bare pod that runs once. */
export function pod(wish: PodWish) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: wish.name, namespace: "default", labels: wish.labels ?? {} },
    spec: { ...podSpec(wish), restartPolicy: "Never" },
  };
}

/** A claim of 8Mi. */
export function claim(name: string, storageClass: string | undefined, mode: string) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "default" },
    spec: {
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      accessModes: [mode],
      resources: { requests: { storage: "8Mi" } },
    },
  };
}

/** Waits for a pod that runs once and returns its output. */
export async function outputOf(handle: ClusterHandle, name: string): Promise<string> {
  await kubectl(handle, ["wait", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", `pod/${name}`]);
  return kubectl(handle, ["logs", name]);
}
