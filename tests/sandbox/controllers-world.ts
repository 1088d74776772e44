/** The cluster the controllers are tested in, and what the tests put into it. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import {
  type ClusterHandle,
  clusterStatus,
  insidePrefix,
  startCluster,
  stopCluster,
} from "../../sandbox/cluster/index.ts";
import { edgeRoots, installControllers } from "../../sandbox/controllers/index.ts";
import { kubectl } from "./cluster-pods.ts";
import type { Answer, OrderInput } from "./controllers-inside.ts";

const here = import.meta.dirname;
/** A cluster that runs already is used and left running; otherwise one of that name is started, and stopped after. */
const clusterName = process.env.PORTOLAN_TEST_CLUSTER ?? "controllers";
export const edgeAddress = "10.99.0.1";

type Order = OrderInput extends infer O ? (O extends OrderInput ? O : never) : never;

export interface World {
  readonly handle: ClusterHandle;
  readonly ca: string;
  /** Does something from the node's side. */
  ask(order: Order): Promise<Answer>;
  kubectl(...args: string[]): Promise<string>;
  apply(...objects: object[]): Promise<void>;
  /** Removes these namespaces and waits until they are gone. */
  remove(...namespaces: string[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts what is not there yet. */
export async function openWorld(): Promise<World> {
  const before = await clusterStatus(clusterName);
  const handle = await startCluster({ name: clusterName });
  await installControllers(handle);
  const [program = "", ...args] = [
    ...insidePrefix(handle),
    process.execPath,
    join(here, "controllers-inside.ts"),
  ];
  const client: ChildProcess = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  if (client.stdout === null) throw new Error("the client has no output");
  createInterface(client.stdout).on("line", (line) => {
    const { id, answer } = JSON.parse(line);
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const run = (...words: string[]) => kubectl(handle, words);
  return {
    handle,
    ca: await edgeRoots(handle),
    ask(order) {
      last += 1;
      const id = last;
      client.stdin?.write(`${JSON.stringify({ id, order })}\n`);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    kubectl: run,
    async apply(...objects) {
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
      await kubectl(handle, ["apply", "--server-side", "-f", "-"], list);
    },
    async remove(...namespaces) {
      await run("delete", "namespace", ...namespaces, "--ignore-not-found", "--timeout=60s");
    },
    async close() {
      client.kill();
      if (before.state !== "ready") await stopCluster(clusterName);
    },
  };
}

/** Tries until the check holds; the last failure is the one that counts. */
export async function eventually(check: () => Promise<void>, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
}

/** The agent's program, one file. */
async function agentCode(): Promise<string> {
  const result = await build({
    entryPoints: [join(here, "controllers-agent.ts")],
    bundle: true,
    write: false,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["bufferutil", "utf-8-validate"],
    banner: {
      js: 'import { createRequire as _cr } from "node:module"; const require = _cr(import.meta.url);',
    },
    logLevel: "silent",
  });
  return result.outputFiles[0]?.text ?? "";
}

export const namespace = (name: string, labels = {}) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

/** The agent's code, for all pods of a namespace. */
export async function agentConfig(space: string) {
  const data = { "agent.mjs": await agentCode() };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "agent", namespace: space }, data };
}

/** A pod's spec that runs the agent, restricted as applications are. */
export function agentPod(env: Record<string, string> = {}) {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  return {
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "agent",
        image: "sandbox/edge:1",
        imagePullPolicy: "Never",
        args: ["--max-old-space-size=32", "/agent/agent.mjs"],
        env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }, ...variables],
        ports: [
          { name: "web", containerPort: 8080 },
          { name: "other", containerPort: 9090 },
          { name: "echo", containerPort: 4242 },
        ],
        readinessProbe: { httpGet: { port: 7000, path: "/ready" }, periodSeconds: 1, failureThreshold: 2 },
        volumeMounts: [{ name: "agent", mountPath: "/agent" }],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
    volumes: [{ name: "agent", configMap: { name: "agent" } }],
  };
}

/** A Deployment of agents and a Service `name` with ports 80 (web), 81 (other) and 4242 (echo). */
export function agents(
  space: string,
  name: string,
  replicas: number,
  more: { labels?: object; env?: Record<string, string> } = {},
) {
  const labels = { app: name, ...more.labels };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: space },
      spec: {
        replicas,
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: agentPod(more.env) },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: space },
      spec: {
        selector: { app: name },
        ports: [
          { name: "web", port: 80, targetPort: "web" },
          { name: "other", port: 81, targetPort: "other" },
          { name: "echo", port: 4242, targetPort: "echo" },
        ],
      },
    },
  ];
}

/** A Certificate by the sandbox's authority into Secret `name`. */
export function certificate(space: string, name: string, dnsNames: string[], more: object = {}) {
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace: space },
    spec: {
      secretName: name,
      dnsNames,
      issuerRef: { kind: "ClusterIssuer", name: "sandbox-ca" },
      privateKey: { algorithm: "ECDSA" },
      ...more,
    },
  };
}
