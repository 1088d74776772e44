import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The one folder outside the repository that holds whatever the sandbox makes:
 * `${XDG_CACHE_HOME:-~/.cache}/portolan`. A relative XDG_CACHE_HOME is ignored, as its specification asks.
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "portolan");
}

/** Built programs, one file a tool, each with `<tool>.json` beside it. */
export function binDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), "bin");
}

/** Image archives `<name>-<hash>.tar`, and the shared base root file system they are built on. */
export function imagesDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), "images");
}

/** CustomResourceDefinition files, a folder a project. */
export function crdsDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), "crds");
}

/** Module and build caches while a build runs; gone after it. */
export function buildDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), "build");
}

/** A cluster's own folder: its handle, keys, data and logs. */
export function clusterDir(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), "clusters", name);
}
