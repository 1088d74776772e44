import {
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  NetworkingV1Api,
} from "@kubernetes/client-node";
import { execa } from "execa";

/** How the commands speak to one cluster: typed clients for reading, `kubectl` for what a person would type. */
export interface Kube {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly batch: BatchV1Api;
  readonly networking: NetworkingV1Api;
  readonly custom: CustomObjectsApi;
  /** Standard output; throws with standard error and the command line, which never holds a secret. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** The command a person types to do the same, for hints. */
  commandLine(args: readonly string[]): string;
}

/** Options of one `kubectl` call. */
export interface KubectlOptions {
  readonly input?: string;
  /** Milliseconds; 60 000 by default. */
  readonly timeout?: number;
}

/** What is needed to reach a cluster. `kubectl` is a path or a name on PATH. */
export interface ClusterAddress {
  readonly kubeconfig: string;
  readonly context: string;
  readonly kubectl: string;
  /** Command words in front of anything a person types, e.g. `nsenter --net=...`; empty for a cluster of the user's own. */
  readonly prefix: readonly string[];
}

/** Opens the clients; speaks to nobody yet. */
export function openKube(address: ClusterAddress): Kube {
  const config = new KubeConfig();
  config.loadFromFile(address.kubeconfig);
  config.setCurrentContext(address.context);
  const base = [`--kubeconfig=${address.kubeconfig}`, `--context=${address.context}`];
  return {
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    batch: config.makeApiClient(BatchV1Api),
    networking: config.makeApiClient(NetworkingV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
    async kubectl(args, options = {}) {
      const result = await execa(address.kubectl, [...base, ...args], {
        reject: false,
        timeout: options.timeout ?? 60_000,
        stripFinalNewline: false,
        ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
      });
      if (result.exitCode === 0) return result.stdout;
      const why = result.timedOut ? `no answer in ${options.timeout ?? 60_000} ms` : result.stderr.trim();
      throw new Error(`kubectl ${args.join(" ")}: ${why.slice(-600)}`);
    },
    commandLine: (args) => [...address.prefix, address.kubectl, ...base, ...args].join(" "),
  };
}

/** Waits until `look` resolves to something; says what it waited for when it does not come. Milliseconds. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limit = 120_000,
  pause = 500,
): Promise<T> {
  const end = performance.now() + limit;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (thrown) {
      last = thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(
    `waited ${Math.round(limit / 1000)} s for ${what}${last === undefined ? "" : `: ${String(last)}`}`,
  );
}
