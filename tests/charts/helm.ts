/** Renders charts with the real Helm binaries, and reads what they say as data. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { ensureTools } from "../../sandbox/toolchain/index.ts";

export const charts = [
  "orthanc",
  "probe",
  "data-services",
  "database-account",
  "drain",
  "additions",
] as const;
export type Chart = (typeof charts)[number];
/** Those that run pods. */
export const workloads = charts.filter((chart) => chart !== "additions");
export type Helm = "helm" | "helm3";
export type Values = Readonly<Record<string, unknown>>;

const repository = join(import.meta.dirname, "..", "..");
/** Where a chart lies. */
export const chartPath = (chart: string): string => join(repository, "charts", chart);

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.object({ drop: z.array(z.string()) }),
  }),
  resources: z.looseObject({ requests: z.looseObject({}), limits: z.looseObject({}) }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});

const podSpec = z.looseObject({
  automountServiceAccountToken: z.boolean(),
  securityContext: z.looseObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.number(),
    seccompProfile: z.object({ type: z.string() }),
  }),
  containers: z.array(container).min(1),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});
export type PodSpec = z.infer<typeof podSpec>;

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  data: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({}).optional(),
});
export type Manifest = z.infer<typeof manifest>;

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Helm. `values` go through a file, as they should everywhere. */
export async function helm(which: Helm, args: readonly string[], values?: Values): Promise<Answer> {
  const tools = await ensureTools([which]);
  const folder = mkdtempSync(join(tmpdir(), "portolan-charts-"));
  try {
    const file = join(folder, "values.yaml");
    writeFileSync(file, stringify(values ?? {}));
    const result = await execa(tools[which], [...args, ...(values ? ["--values", file] : [])], {
      reject: false,
      // Neither the user's repositories nor their cluster have a part in this.
      env: {
        HELM_CONFIG_HOME: folder,
        HELM_CACHE_HOME: folder,
        HELM_DATA_HOME: folder,
        KUBECONFIG: "/dev/null",
      },
    });
    return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function template(chart: Chart, values: Values, which: Helm = "helm"): Promise<Answer> {
  return await helm(which, ["template", "bhc", chartPath(chart), "--namespace", "orthanc-bhc"], values);
}

/** The rendered objects. Throws with Helm's message when it does not render. */
export async function render(chart: Chart, values: Values, which: Helm = "helm"): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template(chart, values, which);
  if (code !== 0) throw new Error(stderr);
  return manifests(stdout);
}

export function manifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((document) => document !== null)
    .map((document) => manifest.parse(document));
}

/** The one object of a kind, and of a name where there are several. */
export function pick(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter((object) => object.kind === kind && (!name || object.metadata.name === name));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} objects of kind ${kind} ${name ?? ""}`);
  return only;
}

const workload = z.looseObject({ template: z.looseObject({ spec: podSpec }) });

/** The pod of a Deployment, StatefulSet or Job; undefined for anything else. */
export function podOf(object: Manifest): PodSpec | undefined {
  return ["Deployment", "StatefulSet", "Job"].includes(object.kind)
    ? workload.parse(object.spec).template.spec
    : undefined;
}

/** A value deep inside an object, as YAML has it. */
export function at(object: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => {
    return typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined;
  }, object);
}

/** The pairs of an environment that are plain values. */
export function environment(pod: PodSpec): Record<string, string | undefined> {
  return Object.fromEntries(pod.containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value])));
}

export { parse };
