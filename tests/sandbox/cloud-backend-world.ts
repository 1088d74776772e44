/** A cluster with the backend of a simulated cloud beside it, and pods that use what it makes. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { importImages } from "../../sandbox/cluster/images.ts";
import {
  type ClusterHandle,
  clusterStatus,
  insidePrefix,
  startCluster,
  stopCluster,
} from "../../sandbox/cluster/index.ts";
import { bundle } from "../../sandbox/images/bundle.ts";
import { ensureImages } from "../../sandbox/images/index.ts";
import type { Order } from "./cloud-backend-inside.ts";
import { kubectl } from "./cluster-pods.ts";

/** A cluster that runs already is used and left running; otherwise one of that name is started, and stopped after. */
const clusterName = process.env.PORTOLAN_TEST_CLUSTER ?? "clouds";

/** What a command in a pod printed, errors included, and whether it succeeded. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
}

export interface CloudWorld {
  readonly handle: ClusterHandle;
  /** Asks the backend; throws what it throws. */
  ask(order: Order): Promise<unknown>;
  kubectl(...args: string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
  /** Namespaces with the authority's certificate, another authority's, and a waiting pod for each image; `node` has the S3 script. */
  tenants(names: readonly string[], images: Readonly<Record<string, string>>): Promise<void>;
  exec(namespace: string, pod: string, ...command: string[]): Promise<Said>;
  close(): Promise<void>;
}

export async function openCloudWorld(): Promise<CloudWorld> {
  const before = await clusterStatus(clusterName);
  const handle = await startCluster({ name: clusterName });
  await importImages(
    handle,
    await ensureImages(["base", "postgres", "redis", "s3", "cloud", "probe", "local-path-provisioner"]),
  );
  const inside = [...insidePrefix(handle), process.execPath];
  const [program = "", ...args] = [...inside, join(import.meta.dirname, "cloud-backend-inside.ts")];
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, KUBECONFIG: handle.kubeconfig },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, (answer: { value?: unknown; error?: string }) => void>();
  let last = 0;
  if (child.stdout === null) throw new Error("the backend has no output");
  createInterface(child.stdout).on("line", (line) => {
    const answer = JSON.parse(line);
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ask = async (order: Order) => {
    last += 1;
    const id = last;
    child.stdin?.write(`${JSON.stringify({ id, order })}\n`);
    const { value, error } = await new Promise<{ value?: unknown; error?: string }>((resolve) =>
      waiting.set(id, resolve),
    );
    if (error !== undefined) throw new Error(error);
    return value;
  };
  const run = (...words: string[]) => kubectl(handle, words);
  const apply = async (...items: readonly object[]) => {
    const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectl(handle, ["apply", "--server-side", "-f", "-"], text);
  };
  return {
    handle,
    ask,
    kubectl: run,
    apply,
    async tenants(names, images) {
      const script = Buffer.from(await bundle("tests/sandbox/cloud-backend-s3.ts")).toString("utf8");
      const roots = String(await ask({ kind: "roots" }));
      const other = await run(
        "get",
        "configmap",
        "kube-root-ca.crt",
        "-n",
        "default",
        "-o",
        "jsonpath={.data.ca\\.crt}",
      );
      const files = { roots: { "ca.crt": roots }, other: { "ca.crt": other } };
      const items = names.flatMap((namespace) => tenant(namespace, files, images));
      await apply(...items);
      for (const namespace of names) {
        await run("wait", "--for=condition=Ready", "pod", "--all", "-n", namespace, "--timeout=90s");
        const copy = ["exec", "-i", "-n", namespace, "node", "--", "sh", "-c", "cat >/tmp/s3.mjs"];
        await kubectl(handle, copy, script);
      }
    },
    async exec(namespace, pod, ...command) {
      // One stream with both outputs; its last line is the exit code.
      const script = 'out=$("$@" 2>&1); code=$?; printf "%s\\n%s" "$out" "$code"';
      const text = await run("exec", "-n", namespace, pod, "--", "sh", "-c", script, "sh", ...command);
      const lines = text.split("\n");
      const code = lines.pop();
      return { ok: code === "0", text: lines.join("\n") };
    },
    async close() {
      child.stdin?.end();
      if (before.state !== "ready") await stopCluster(clusterName);
    },
  };
}

function tenant(
  namespace: string,
  files: Readonly<Record<string, Readonly<Record<string, string>>>>,
  images: Readonly<Record<string, string>>,
): object[] {
  const volume = (name: string) => ({ name, configMap: { name } });
  const pods = Object.entries(images).map(([name, image]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      serviceAccountName: "app",
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name,
          image,
          imagePullPolicy: "Never",
          command: ["sleep", "3600"],
          volumeMounts: Object.keys(files).map((each) => ({ name: each, mountPath: `/${each}` })),
        },
      ],
      volumes: Object.keys(files).map(volume),
    },
  }));
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace } },
    ...Object.entries(files).map(([name, data]) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data,
    })),
    ...pods,
  ];
}
