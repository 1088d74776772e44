import type { Failure, Provider, ProviderFactory } from "../rpc/provider.ts";
import { Cluster } from "./cluster.ts";
import { diffSettings } from "./configure.ts";
import { type Context, createObject, deleteLive, readLive, updateObject } from "./objects.ts";
import { checkObject, diffObject } from "./plan.ts";
import {
  checkRelease,
  createRelease,
  deleteRelease,
  diffRelease,
  readRelease,
  releaseType,
  updateRelease,
} from "./release/index.ts";
import { checkSettings, readSettings } from "./settings.ts";

/** The kubernetes provider: plain objects by server-side apply, Helm releases by the helm binary. */
export function kubernetesProvider(version: string): ProviderFactory {
  return (log, folder) => {
    const stop = new AbortController();
    let context: Context | undefined;
    const ready = (): Context => {
      if (context === undefined) throw new Error("the kubernetes provider was used before it was configured");
      return context;
    };
    const provider: Provider = {
      version,
      checkConfig: async ({ news }) => ({ inputs: news, failures: checkSettings(news) }),
      diffConfig: async (args) => diffSettings(args),
      configure: async (config) => {
        refuseMistakes(checkSettings(config));
        context = {
          cluster: new Cluster(readSettings(config)),
          log,
          signal: stop.signal,
          folder,
          charts: new Map(),
        };
      },
      check: async (args) => (args.type === releaseType ? checkRelease : checkObject)(ready(), args),
      diff: async (args) => (args.type === releaseType ? diffRelease(args) : diffObject(ready(), args)),
      create: async (args) => (args.type === releaseType ? createRelease : createObject)(ready(), args),
      read: async (args) => (args.type === releaseType ? readRelease : readLive)(ready(), args),
      update: async (args) => (args.type === releaseType ? updateRelease : updateObject)(ready(), args),
      delete: async (args) => (args.type === releaseType ? deleteRelease : deleteLive)(ready(), args),
      invoke: async (token) => {
        throw new Error(
          `The sandbox's stand-in does not know the function ${token}; install the real plugin for it`,
        );
      },
      cancel: async () => stop.abort(),
    };
    return provider;
  };
}

/** The default provider's settings come from the stack's config and are not checked before. */
function refuseMistakes(failures: Failure[]): void {
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
}
