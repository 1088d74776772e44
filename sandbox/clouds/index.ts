/** The simulated clouds, as providers for the engine. */
import { join } from "node:path";
import type { CloudProviderName } from "../engine/plugins.ts";
import type { ProviderFactory } from "../engine/rpc/provider.ts";
import { cacheDir } from "../paths.ts";
import { type Backend, type CloudName, nothing } from "./core/backend.ts";
import { Faults } from "./core/faults.ts";
import type { Cloud } from "./core/kind.ts";
import { cloudProvider } from "./core/provider.ts";
import { readShapes } from "./core/shapes.ts";
import { Store } from "./core/store.ts";

type Entry = { readonly name: CloudName; load(): Promise<Cloud> };

const clouds: Partial<Record<CloudProviderName, Entry>> = {
  aws: { name: "aws", load: async () => (await import("./aws/index.ts")).aws },
};

/** Folder of the clouds' state: `$PORTOLAN_CLOUD_STATE`, else one of the cache folder. A folder for each cloud is in it. */
export function cloudState(env: NodeJS.ProcessEnv): string {
  return env.PORTOLAN_CLOUD_STATE ?? join(cacheDir(env), "engine", "clouds");
}

/** Milliseconds in `$PORTOLAN_CLOUD_PATIENCE`: how long a provider asks again while something is in use. */
function patience(env: NodeJS.ProcessEnv): number {
  const given = Number(env.PORTOLAN_CLOUD_PATIENCE ?? "10000");
  if (!Number.isFinite(given) || given < 0) {
    throw new Error(
      `PORTOLAN_CLOUD_PATIENCE must be a number of milliseconds, not "${env.PORTOLAN_CLOUD_PATIENCE}"`,
    );
  }
  return given;
}

async function backendOf(_cloud: CloudName, _folder: string, _env: NodeJS.ProcessEnv): Promise<Backend> {
  return nothing();
}

/** The SDK's shapes of everything in a cloud's table. */
export function shapesOf(cloud: Cloud) {
  const kinds = Object.entries(cloud.kinds).flatMap(([type, { internal }]) => (internal ? [] : [type]));
  return readShapes(cloud.sdk, [
    `pulumi:providers:${cloud.provider}`,
    ...kinds,
    ...Object.keys(cloud.functions),
  ]);
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
  const entry = clouds[provider];
  if (entry === undefined) {
    throw new Error(
      `The sandbox does not simulate ${provider} yet; it simulates ${Object.keys(clouds).join(", ")}`,
    );
  }
  const cloud = await entry.load();
  const folder = join(cloudState(env), entry.name);
  const shared = {
    cloud,
    shapes: await shapesOf(cloud),
    store: new Store(folder),
    faults: new Faults(env.PORTOLAN_CLOUD_FAULTS, folder),
    backend: await backendOf(entry.name, folder, env),
    patience: patience(env),
    env,
    now: Date.now,
  };
  return (log) => cloudProvider(version, shared, log);
}
