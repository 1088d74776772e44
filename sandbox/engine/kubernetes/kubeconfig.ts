import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { z } from "zod";
import type { Settings } from "./settings.ts";

const cluster = z.looseObject({ server: z.string() });
const fileSchema = z.looseObject({
  "current-context": z.string().nullish(),
  contexts: z
    .array(
      z.looseObject({
        name: z.string(),
        context: z.looseObject({ cluster: z.string(), namespace: z.string().nullish() }),
      }),
    )
    .nullish(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster })).nullish(),
});

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** The text of a kubeconfig given as content or as a path; undefined when there is none. */
export function kubeconfigText(given: string | undefined): string | undefined {
  if (given !== undefined && given !== "") {
    const path = expandHome(given);
    const isFile = !path.includes("\n") && existsSync(path) && statSync(path).isFile();
    return isFile ? readFileSync(path, "utf8") : given;
  }
  const ambient = (process.env.KUBECONFIG ?? join(homedir(), ".kube", "config")).split(delimiter);
  const file = ambient.find((path) => path !== "" && existsSync(path));
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

/**
 * The cluster's entry that a provider talks to, for telling whether it is another one.
 * Undefined when the context or cluster does not exist, or the text is no kubeconfig.
 */
export function activeCluster(text: string, { context, cluster: override }: Settings): unknown {
  const parsed = fileSchema.safeParse(safeYaml(text));
  if (!parsed.success) return undefined;
  const { contexts, clusters, "current-context": current } = parsed.data;
  const wanted = context ?? current ?? "";
  const chosen = contexts?.find(({ name }) => name === wanted);
  const name = override ?? chosen?.context.cluster;
  return clusters?.find((entry) => entry.name === name)?.cluster;
}

function safeYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** How to reach the cluster: the parsed kubeconfig and the namespace for objects that name none. */
export type Access = { config: KubeConfig; namespace: string };

/**
 * Loads what the settings point at.
 * @throws when there is no kubeconfig, it cannot be parsed, or its context does not exist.
 */
export async function loadAccess(settings: Settings): Promise<Access> {
  const text = kubeconfigText(settings.kubeconfig);
  if (text === undefined) {
    throw new Error("no kubeconfig: set the provider's kubeconfig, or KUBECONFIG, to a file or its content");
  }
  const checked = fileSchema.safeParse(safeYaml(text));
  if (!checked.success) {
    const hint = text.includes("\n") ? "" : `; ${JSON.stringify(text)} is neither a file nor a kubeconfig`;
    throw new Error(
      `the kubeconfig cannot be read: ${checked.error.issues[0]?.message ?? "wrong form"}${hint}`,
    );
  }
  // Loaded late: the package takes 0.3 s, and a preview without a cluster never needs it.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(text);
  if (settings.context !== undefined) config.setCurrentContext(settings.context);
  const context = config.getContextObject(config.getCurrentContext());
  if (context === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(
      `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext())}; it has ${names.join(", ") || "none"}`,
    );
  }
  if (settings.cluster !== undefined) {
    if (config.getCluster(settings.cluster) === null) {
      throw new Error(`the kubeconfig has no cluster ${JSON.stringify(settings.cluster)}`);
    }
    config.contexts = config.contexts.map((entry) =>
      entry.name === context.name ? { ...entry, cluster: settings.cluster ?? entry.cluster } : entry,
    );
  }
  return { config, namespace: settings.namespace ?? context.namespace ?? "default" };
}
