import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { apps } from "../apps/index.ts";
import type { CloudName } from "../sandbox/clouds/core/backend.ts";
import { startEngine } from "../sandbox/engine/index.ts";
import { ownRepositories } from "../stacks/images.ts";
import { type Kube, openKube, until } from "./kube.ts";
import { type Outputs, readOutputs } from "./outputs.ts";
import { pulumi, type StackContext } from "./pulumi/cli.ts";
import { clearDeadLock } from "./pulumi/locks.ts";
import { type ClusterSettings, ensureStack, openWorkspace, type Workspace } from "./pulumi/workspace.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Run } from "./run.ts";
import type { SmokeContext } from "./smoke/context.ts";

/** Everything a command needs where the cluster can be reached. */
export interface Inside {
  readonly run: Run;
  readonly kube: Kube;
  readonly workspace: Workspace;
  readonly context: StackContext;
  /** What was added to the repository's stack file for this cluster. */
  readonly settings: ClusterSettings;
  /** Another stack of the same project and cluster, with changed settings and nothing in its state yet. */
  stackBeside(stack: string, changes: Partial<ClusterSettings>): StackContext;
  /** Reads the stack's outputs anew. */
  outputs(): Promise<Outputs>;
  smoke(outputs: Outputs): Promise<SmokeContext>;
  /** Ends the engine's providers. */
  close(): Promise<void>;
}

/** The repository's folder. */
export const project = join(import.meta.dirname, "..");

/** Opens the cluster, the engine and the stack. */
export async function openInside(run: Run): Promise<Inside> {
  const { cluster } = run;
  const prefix = cluster.netns === null ? [] : ["nsenter", `--net=${cluster.netns}`];
  const kube = openKube({ ...cluster, prefix });
  const logs = join(run.evidence, "logs");
  mkdirSync(logs, { recursive: true });
  const events = join(run.work, "events");
  mkdirSync(events, { recursive: true, mode: 0o700 });
  const settings = await clusterSettings(run, kube);
  const workspace = openWorkspace(run.work, project, settings, settings.source);
  Object.assign(process.env, workspace.env);
  // Simulated nodes run no servers, so the cloud has none behind it.
  if (cluster.simulated) process.env.PORTOLAN_CLOUD_SERVERS = "none";
  const engine = await startEngine({
    kubeconfig: cluster.kubeconfig,
    inside: [],
    ...(run.rehearsal === null ? {} : { clouds: [run.rehearsal.cloud], cloudState: cloudFolder(run) }),
  });
  // The flag `--event-log` is there only with the debug commands, as for the Automation API.
  const debug = { PULUMI_DEBUG_COMMANDS: "true" };
  const env = withoutUndefined({ ...process.env, ...engine.env, ...workspace.env, ...debug });
  const context: StackContext = {
    project,
    folder: workspace.folder,
    stack: workspace.stack,
    configFile: workspace.configFile,
    env,
    logs,
    events,
  };
  try {
    await ensureStack(context);
    await clearDeadLock(context, join(run.work, "state"), (line) => process.stderr.write(`${line}\n`));
  } catch (thrown) {
    await engine.close();
    throw thrown;
  }
  const outputs = async () => readOutputs(await pulumi(context, ["stack", "output", "--json"]));
  return {
    run,
    kube,
    workspace,
    context,
    settings,
    outputs,
    stackBeside: (stack, changes) => {
      const beside = openWorkspace(join(run.work, stack), project, { ...settings, ...changes }, stack);
      return { ...context, folder: beside.folder, stack, configFile: beside.configFile };
    },
    smoke: (found) => smokeContext(run, kube, found, context.configFile),
    close: () => engine.close(),
  };
}

function withoutUndefined(env: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) if (value !== undefined) found[key] = value;
  return found;
}

/** Where a simulated cloud keeps what it holds. */
export function cloudFolder(run: Run): string {
  return join(run.work, "cloud");
}

/** What is added to the stack file: a sandbox has its own edge, issuer and images; a user's cluster has what its file says. */
async function clusterSettings(run: Run, kube: Kube): Promise<ClusterSettings> {
  // A release that cannot start is one of a drill's steps: it shall not be waited for as in earnest.
  const timeout = run.command === "drill" ? { timeout: 120 } : {};
  const app = { name: run.app, version: run.appVersion, ...timeout };
  if (run.rehearsal !== null) return rehearsalSettings(run, run.rehearsal, app);
  const base = { source: "local", context: run.cluster.context, app, images: run.images };
  if (run.cluster.external) return { ...base, edge: {}, storage: {} };
  return {
    ...base,
    edge: {
      kind: "traefik",
      className: "sandbox",
      issuer: "sandbox-ca",
      domain: "portolan.test",
      namespace: "edge",
      address: run.cluster.simulated ? "127.0.0.1" : await edgeAddress(kube, "edge"),
    },
    storage: { shared: "local-shared" },
  };
}

/** PEM of the authority that signs the simulated cloud's servers. */
async function cloudRoots(cloud: CloudName, run: Run): Promise<string> {
  // Loaded where it is used: most commands simulate no cloud.
  const { clusterBackend } = await import("../sandbox/clouds/backend/index.ts");
  const { kubeconfig } = run.cluster;
  const backend = await clusterBackend({ cloud, kubeconfig, folder: join(cloudFolder(run), cloud) });
  try {
    return await backend.rootsPem();
  } finally {
    await backend.close();
  }
}

/** GKE's control planes have names with public certificates; the sandbox's has an address and an authority of its own. */
const byAddress = { "cluster.access": "ip", "cluster.sources": ["10.98.0.0/24"] };

/** A stack file as it is, but for what no sandbox can have: the cloud's own roots, images and charts of add-ons. */
async function rehearsalSettings(
  run: Run,
  { stack, cloud }: Rehearsal,
  app: ClusterSettings["app"],
): Promise<ClusterSettings> {
  const roots = run.cluster.simulated ? undefined : await cloudRoots(cloud, run);
  return {
    source: stack,
    context: undefined,
    platform: {
      ...(roots === undefined ? {} : { roots: { database: roots, redis: roots, objectStore: roots } }),
      chartMirror: join(project, "sandbox", "clouds", "charts"),
      ...(cloud === "gcp" ? byAddress : {}),
    },
    app,
    images: namedImages(run.images),
    edge: {},
    storage: {},
  };
}

/** Those that a stack file names. The others are the simulated cloud's own. */
function namedImages(images: Run["images"]): Run["images"] {
  return Object.fromEntries(
    Object.entries(images).filter(([name]) => name in ownRepositories || name in apps),
  );
}

/** The address under which the edge is reached from here: that of its namespace's LoadBalancer Service. */
export function edgeAddress(kube: Kube, namespace: string): Promise<string> {
  return until(
    `an address of the edge in namespace ${namespace}`,
    async () => {
      const { items } = await kube.core.listNamespacedService({ namespace });
      const entries = items.flatMap((service) => service.status?.loadBalancer?.ingress ?? []);
      return entries[0]?.ip ?? entries[0]?.hostname;
    },
    60_000,
  );
}

const imagesShape = z.object({
  config: z.object({ "portolan:images": z.record(z.string(), z.string()).default({}) }),
});

/** An image that the stack's config names. */
function imageOf(configFile: string, name: string): string | undefined {
  return imagesShape.parse(parse(readFileSync(configFile, "utf8"))).config["portolan:images"][name];
}

async function smokeContext(
  run: Run,
  kube: Kube,
  outputs: Outputs,
  configFile: string,
): Promise<SmokeContext> {
  const { address, namespace } = outputs.platform.edge;
  const edge = run.cluster.external && address !== null ? address : await edgeAddress(kube, namespace);
  return {
    kube,
    app: run.app,
    outputs,
    edge,
    work: join(run.work, "client"),
    // On a cluster of the user's own, images are where the stack file says.
    toolImage: run.images.postgres ?? imageOf(configFile, "postgres") ?? "postgres:15",
  };
}
