/** Questions to the cluster before anything is declared. A preview goes on without a cluster; an `up` does not. */
import { disposableContexts, isDisposable } from "../providers/local/disposable.ts";
import type { Cluster } from "./cluster.ts";
import { readContexts } from "./kubeconfig.ts";
import type { ExistingConfig, LocalConfig } from "./platformVocabulary.ts";
import type { Problem } from "./problems.ts";

export interface Preflight {
  readonly problems: readonly Problem[];
  readonly context: string;
  /** Undefined in a preview where no cluster was to be had. */
  readonly answer: { readonly cluster: Cluster; readonly identifier: string } | undefined;
}

const key = "portolan:platform.context";

export async function preflight(platform: LocalConfig | ExistingConfig, dryRun: boolean): Promise<Preflight> {
  const contexts = readContexts();
  const context = platform.context ?? contexts?.current;
  if (!contexts && dryRun) return { problems: [], context: context ?? "none", answer: undefined };
  if (!contexts || context === undefined || !contexts.names.includes(context)) {
    return refused(context ?? "none", {
      key,
      value: context ?? null,
      allowed: contexts ? contexts.names.join(", ") : "a context of your kubeconfig; there is no kubeconfig",
      remedy: "set KUBECONFIG to the file that has it, or name another context",
    });
  }
  if (platform.kind === "local" && !isDisposable(context, platform.disposableContexts)) {
    return refused(context, {
      key,
      value: context,
      allowed: `a disposable context: ${disposableContexts}, or one listed in portolan:platform.disposableContexts`,
      remedy: "for a cluster that holds anything you would miss, choose portolan:platform.kind `existing`",
    });
  }
  return ask(context, dryRun);
}

async function ask(context: string, dryRun: boolean): Promise<Preflight> {
  const { Cluster } = await import("./cluster.ts");
  const cluster = Cluster.inContext(context);
  try {
    return { problems: [], context, answer: { cluster, identifier: await cluster.identifier() } };
  } catch (error) {
    if (dryRun) return { problems: [], context, answer: undefined };
    return refused(context, {
      key,
      value: context,
      allowed: "a cluster that answers",
      remedy: `\`kubectl --context ${context} get namespace kube-system\` must work; now: ${reasonOf(error)}`,
    });
  }
}

function refused(context: string, problem: Problem): Preflight {
  return { problems: [problem], context, answer: undefined };
}

/** The first line of an error's innermost cause. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const text = inner instanceof Error ? inner.message : String(inner);
  return (text.split("\n")[0] ?? "").slice(0, 200);
}
