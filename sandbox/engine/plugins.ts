import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";

/** The plugins that the sandbox has a stand-in for. */
export const hostedProviders = ["kubernetes", "random", "tls"] as const;
export type HostedProvider = (typeof hostedProviders)[number];

/** The providers of simulated clouds, by the cloud. Attached only when asked for, and then whatever is installed. */
export const cloudProviders = { aws: "aws", azure: "azure-native", gcp: "gcp" } as const;
export type CloudProviderName = (typeof cloudProviders)[keyof typeof cloudProviders];

const manifest = z.object({ version: z.string() });

/** The version of a provider's SDK in node_modules: the plugin that the program asks the engine for. */
export function providerVersion(name: HostedProvider | CloudProviderName): string {
  return manifest.parse(createRequire(import.meta.url)(`@pulumi/${name}/package.json`)).version;
}

/** The user's own Pulumi folder, where installed plugins are: `$PULUMI_HOME` or `~/.pulumi`. */
export function pulumiHome(env: NodeJS.ProcessEnv): string {
  return env.PULUMI_HOME ?? join(homedir(), ".pulumi");
}

/** Providers whose real plugin is installed in exactly the version that the SDK wants: they need no stand-in. */
export function installedProviders(env: NodeJS.ProcessEnv): HostedProvider[] {
  return hostedProviders.filter((name) =>
    existsSync(join(pulumiHome(env), "plugins", `resource-${name}-v${providerVersion(name)}`)),
  );
}

/** True when the real language host is on the PATH: it is preferred. */
export function hasLanguageHost(env: NodeJS.ProcessEnv): boolean {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => existsSync(join(folder, "pulumi-language-nodejs")));
}
