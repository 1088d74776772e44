import { kubernetesProvider } from "./kubernetes/index.ts";
import { languageRuntime } from "./languageHost.ts";
import {
  type CloudProviderName,
  cloudProviders,
  type HostedProvider,
  hostedProviders,
  providerVersion,
} from "./plugins.ts";
import { randomProvider } from "./random/index.ts";
import { languageService, providerService } from "./rpc/protobuf.ts";
import type { ProviderFactory } from "./rpc/provider.ts";
import { serve } from "./rpc/serve.ts";
import { resourceProviderService } from "./rpc/service.ts";
import { tlsProvider } from "./tls/index.ts";

const factories: Record<HostedProvider, (version: string) => ProviderFactory> = {
  kubernetes: kubernetesProvider,
  random: randomProvider,
  tls: tlsProvider,
};

/** Clouds are loaded only when they are asked for: nobody else waits for their tables. */
async function factoryOf(
  name: HostedProvider | CloudProviderName,
  version: string,
): Promise<ProviderFactory> {
  const cloud = Object.values(cloudProviders).find((provider) => provider === name);
  if (cloud !== undefined) {
    const { simulatedCloud } = await import("../clouds/index.ts");
    return simulatedCloud(cloud, version, process.env);
  }
  const hosted = hostedProviders.find((provider) => provider === name);
  if (hosted === undefined) throw new Error(`The sandbox has no stand-in for the provider ${name}`);
  return factories[hosted](version);
}

type Served = { entry: string; close(): void };

async function serveProvider(name: HostedProvider | CloudProviderName): Promise<Served> {
  const version = providerVersion(name);
  const { service, close } = resourceProviderService(version, await factoryOf(name, version));
  const { port, close: stop } = await serve(providerService.ResourceProviderService, service);
  return { entry: `${name}:${port}`, close: () => void [close(), stop()] };
}

async function serveLanguage(): Promise<Served> {
  const { service, close } = languageRuntime();
  const { port, close: stop } = await serve(languageService.LanguageRuntimeService, service);
  return { entry: `nodejs:${port}`, close: () => void [close(), stop()] };
}

/**
 * Serves the stand-ins named in the arguments and prints one line, `name:port,name:port`, in the form that
 * PULUMI_DEBUG_PROVIDERS and PULUMI_DEBUG_LANGUAGES take. Ends when its standard input closes: it never outlives whoever started it.
 */
async function main(): Promise<void> {
  const names = [...hostedProviders, ...Object.values(cloudProviders)].filter((name) =>
    process.argv.includes(name),
  );
  const served = await Promise.all([
    ...names.map(serveProvider),
    ...(process.argv.includes("nodejs") ? [serveLanguage()] : []),
  ]);
  const attached = served.map(({ entry }) => entry).filter((entry) => !entry.startsWith("nodejs:"));
  // Below an installed language host a program inherits what the engine was started with; so does one that is run here.
  if (attached.length > 0) process.env.PULUMI_DEBUG_PROVIDERS = attached.join(",");
  const end = (): void => {
    for (const { close } of served) close();
    process.exit(0);
  };
  process.stdin.on("end", end).on("close", end).resume();
  process.on("SIGTERM", end);
  process.stdout.write(`${served.map(({ entry }) => entry).join(",")}\n`);
}

if (import.meta.main) await main();
