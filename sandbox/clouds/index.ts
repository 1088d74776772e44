/** The simulated clouds, as providers for the engine. */
import { join } from "node:path";
import { type CloudProviderName, cloudProviders } from "../engine/plugins.ts";
import type { ProviderFactory } from "../engine/rpc/provider.ts";
import type { PlainBag } from "../engine/rpc/values.ts";
import { cacheDir } from "../paths.ts";
import { type Backend, type CloudName, cloudNames, nothing } from "./core/backend.ts";
import { type CloudThing, type Planted, plantIn, uprootIn } from "./core/contents.ts";
import { deferred } from "./core/deferred.ts";
import { Faults } from "./core/faults.ts";
import type { Cloud } from "./core/kind.ts";
import { cloudProvider, type Shared } from "./core/provider.ts";
import { readShapes, type Shapes } from "./core/shapes.ts";
import { Store } from "./core/store.ts";

export {
  type CloudContents,
  type CloudThing,
  cloudContents,
  cloudStrikes,
  type Planted,
} from "./core/contents.ts";

/** One line for each cloud that is simulated. */
const tables: Partial<Record<CloudName, () => Promise<Cloud>>> = {
  aws: async () => (await import("./aws/index.ts")).aws,
  gcp: async () => (await import("./gcp/index.ts")).gcp,
  azure: async () => (await import("./azure/index.ts")).azure,
};

/** The table of a cloud. @throws when it is not simulated yet */
export function loadCloud(name: CloudName): Promise<Cloud> {
  const load = tables[name];
  if (load !== undefined) return load();
  throw new Error(
    `The sandbox does not simulate ${name} yet; it simulates ${Object.keys(tables).join(", ")}`,
  );
}

/** Folder of the clouds' state: `$PORTOLAN_CLOUD_STATE`, else one of the cache folder. A folder for each cloud is in it. */
export function cloudState(env: NodeJS.ProcessEnv): string {
  return env.PORTOLAN_CLOUD_STATE ?? join(cacheDir(env), "engine", "clouds");
}

/** Milliseconds in `$PORTOLAN_CLOUD_PATIENCE` (10000): how long a provider asks again while something is in use. */
function patience(env: NodeJS.ProcessEnv): number {
  const given = Number(env.PORTOLAN_CLOUD_PATIENCE ?? "10000");
  if (Number.isFinite(given) && given >= 0) return given;
  throw new Error(
    `PORTOLAN_CLOUD_PATIENCE must be a number of milliseconds, not "${env.PORTOLAN_CLOUD_PATIENCE}"`,
  );
}

/**
 * What stands behind a cloud: real servers in the cluster that KUBECONFIG names, or nothing without one. With
 * PORTOLAN_CLOUD_SERVERS=none, for simulated nodes, the cluster alone is real.
 */
function backendOf(cloud: CloudName, folder: string, env: NodeJS.ProcessEnv): Backend {
  const kubeconfig = env.KUBECONFIG;
  if (kubeconfig === undefined || kubeconfig === "") return nothing();
  return deferred(async () => {
    if (env.PORTOLAN_CLOUD_SERVERS === "none") {
      const { accessFromKubeconfig } = await import("../controllers/kube/client.ts");
      const { server, ca } = accessFromKubeconfig(kubeconfig);
      return nothing({ endpoint: server, caPem: ca, version: "" });
    }
    const { clusterBackend } = await import("./backend/index.ts");
    return clusterBackend({ cloud, kubeconfig, folder });
  });
}

/** The SDK's shapes of everything in a cloud's table. */
export function shapesOf(cloud: Cloud): Promise<Shapes> {
  const kinds = Object.entries(cloud.kinds).flatMap(([type, { internal }]) => (internal ? [] : [type]));
  const provider = `pulumi:providers:${cloud.provider}`;
  return readShapes(cloud.sdk, [provider, ...kinds, ...Object.keys(cloud.functions)]);
}

/** What all providers of one process share. `backend` replaces the one that the environment asks for. */
export async function openCloud(
  name: CloudName,
  env: NodeJS.ProcessEnv,
  backend?: Backend,
): Promise<Shared & { readonly folder: string }> {
  const cloud = await loadCloud(name);
  const folder = join(cloudState(env), name);
  return {
    folder,
    cloud,
    shapes: await shapesOf(cloud),
    store: new Store(folder),
    faults: new Faults(env.PORTOLAN_CLOUD_FAULTS, folder),
    backend: backend ?? backendOf(name, folder, env),
    patience: patience(env),
    env,
    now: Date.now,
  };
}

/**
 * The provider of a simulated cloud.
 *
 * @throws when that cloud is not simulated yet, or a setting of the environment is wrong
 */
export async function simulatedCloud(
  provider: CloudProviderName,
  version: string,
  env: NodeJS.ProcessEnv,
): Promise<ProviderFactory> {
  const name = cloudNames.find((cloud) => cloudProviders[cloud] === provider);
  if (name === undefined) throw new Error(`No cloud has the provider ${provider}`);
  const shared = await openCloud(name, env);
  return (log) => cloudProvider(version, shared, log);
}

/**
 * Puts into a cloud what a user has already: a zone, a network. `config` are the settings of a provider, e.g. `region`.
 * Answers the ids. `backend`: what stands behind the cloud, where that has to know.
 *
 * @throws Refused as the API would
 */
export async function plant(
  folder: string,
  name: CloudName,
  config: PlainBag,
  things: readonly Planted[],
  backend?: Backend,
): Promise<readonly string[]> {
  const cloud = await loadCloud(name);
  return plantIn(folder, name, { cloud, shapes: await shapesOf(cloud) }, config, things, backend);
}

/** Takes away what was planted. */
export async function uproot(
  folder: string,
  name: CloudName,
  config: PlainBag,
  things: readonly Pick<CloudThing, "type" | "id">[],
  backend?: Backend,
): Promise<void> {
  await uprootIn(folder, name, await loadCloud(name), config, things, backend);
}
