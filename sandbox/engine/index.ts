import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pluginVariables } from "../clouds/pluginVariables.ts";
import { cacheDir } from "../paths.ts";
import { toolPath } from "../toolchain/index.ts";
import { openHome } from "./home.ts";
import {
  cloudProviders,
  hasLanguageHost,
  hostedProviders,
  installedProviders,
  pulumiHome,
} from "./plugins.ts";

/**
 * `env` is what a `pulumi` process needs beside the environment of the caller: PATH with pulumi,
 * PULUMI_DEBUG_PROVIDERS and PULUMI_DEBUG_LANGUAGES, the PULUMI_ settings of a sandbox, KUBECONFIG when one was given.
 */
export type Engine = { env: Record<string, string>; close(): Promise<void> };

export type EngineOptions = {
  /** Path of a kubeconfig; without one, resources can be previewed but not made. */
  kubeconfig?: string;
  /** Prefix that enters the sandbox's network namespace, e.g. `nsenter --net=/run/netns/x`; empty for none. */
  inside: string[];
  /** Clouds to simulate. None by default. */
  clouds?: readonly (keyof typeof cloudProviders)[];
  /** Folder of the simulated clouds' state; default `$PORTOLAN_CLOUD_STATE`, else one of the cache folder. */
  cloudState?: string;
  /** File with a fault plan for them; default `$PORTOLAN_CLOUD_FAULTS`, else none. */
  cloudFaults?: string;
};

const startLimit = 60_000;

/**
 * Starts the provider stand-ins, except for plugins that are installed, and says how to run `pulumi` with them.
 * The command that uses `env` must run under the same `inside` prefix: the providers listen on that loopback.
 * Never changes process.env.
 *
 * @throws when pulumi is neither installed nor built, or the providers do not answer within a minute.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { kubeconfig, inside, clouds = [], cloudState, cloudFaults } = options;
  const pulumi = toolPath("pulumi");
  if (pulumi === undefined) {
    throw new Error('pulumi is neither installed nor built; build it with ensureTools(["pulumi", "helm3"])');
  }
  const env = process.env;
  const installed = installedProviders(env);
  const names = [
    ...hostedProviders.filter((name) => !installed.includes(name)),
    ...clouds.map((cloud) => cloudProviders[cloud]),
  ];
  const ownHome = join(cacheDir(env), "engine", "pulumi");
  await openHome(ownHome);
  const settings: Record<string, string> = {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NODE_COMPILE_CACHE: join(cacheDir(env), "engine", "compiled"),
    // Installed plugins live in the user's own folder; without any, the sandbox keeps to its own.
    PULUMI_HOME: installed.length > 0 ? pulumiHome(env) : ownHome,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    ...(cloudState === undefined ? {} : { PORTOLAN_CLOUD_STATE: cloudState }),
    ...(cloudFaults === undefined ? {} : { PORTOLAN_CLOUD_FAULTS: cloudFaults }),
    ...(clouds.length > 0 ? pluginSettings(kubeconfig) : {}),
    ...(await backend(env)),
  };
  // Before the machine's own: what a simulated cloud hands out is the sandbox's cluster, whose keys only these know.
  const shims = clouds.length > 0 ? [join(import.meta.dirname, "..", "clouds", "shims")] : [];
  const path = [...shims, dirname(pulumi), env.PATH ?? ""].join(delimiter);
  const served = hasLanguageHost(env) ? names : [...names, "nodejs"];
  const child = await startHost(served, inside, { ...env, ...settings, PATH: path });
  return { env: { ...settings, PATH: path, ...attachments(child.entries) }, close: child.close };
}

/** For the stand-ins of the clouds' commands (`../clouds/execPlugin.ts`). */
function pluginSettings(kubeconfig: string | undefined): Record<string, string> {
  return {
    [pluginVariables.node]: process.execPath,
    ...(kubeconfig === undefined ? {} : { [pluginVariables.kubeconfig]: kubeconfig }),
  };
}

/** The caller's backend, or a folder of the cache with an empty passphrase: nothing in a sandbox is worth more. */
async function backend(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const given = env.PULUMI_BACKEND_URL;
  if (given !== undefined) return { PULUMI_BACKEND_URL: given };
  const folder = join(cacheDir(env), "engine", "state");
  await mkdir(folder, { recursive: true });
  const own = env.PULUMI_CONFIG_PASSPHRASE === undefined && env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined;
  return { PULUMI_BACKEND_URL: `file://${folder}`, ...(own ? { PULUMI_CONFIG_PASSPHRASE: "" } : {}) };
}

/** How the engine finds what is served: a list of `name:port` for providers, and one for the language host. */
function attachments(entries: readonly string[]): Record<string, string> {
  const languages = entries.filter((entry) => entry.startsWith("nodejs:"));
  const providers = entries.filter((entry) => !entry.startsWith("nodejs:"));
  return {
    ...(providers.length > 0 ? { PULUMI_DEBUG_PROVIDERS: providers.join(",") } : {}),
    ...(languages.length > 0 ? { PULUMI_DEBUG_LANGUAGES: languages.join(",") } : {}),
  };
}

async function startHost(
  names: readonly string[],
  inside: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ entries: string[]; close(): Promise<void> }> {
  if (names.length === 0) return { entries: [], close: async () => {} };
  const [program, ...rest] = [
    ...inside,
    process.execPath,
    join(import.meta.dirname, "providerHost.ts"),
    ...names,
  ];
  if (program === undefined) throw new Error("no program to run");
  // A process group of its own: Ctrl-C is for pulumi, which then asks its providers to end what they wait for.
  const child = spawn(program, rest, { env, stdio: ["pipe", "pipe", "inherit"], detached: true });
  try {
    const line = await firstLine(child);
    return { entries: line.split(","), close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`The provider stand-ins did not start: ${why}`));
    const timer = setTimeout(() => fail(`no answer within ${startLimit / 1000} s`), startLimit);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, signal) => fail(`exited with ${signal ?? `code ${code}`}`));
    if (child.stdout === null) return fail("no output to read");
    const lines = createInterface({ input: child.stdout });
    lines.once("line", (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    // Later output has no reader, and must not fill the pipe.
    lines.on("line", () => {});
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.stdin?.end();
  });
}
