import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { toolPath } from "../../../toolchain/index.ts";
import type { Settings } from "../settings.ts";

export type HelmRun = {
  args: readonly string[];
  /** Goes to the standard input; a chart's values never stand on a command line or in a file. */
  input?: string;
  /** Content of a kubeconfig; none for what needs no cluster. */
  kubeconfig?: string;
  settings: Settings;
  folder: string;
  signal: AbortSignal;
  /** Receives what helm waits for, a line each. */
  progress?(line: string): void;
};

export type HelmResult = { code: number; output: string; errors: string[] };

/**
 * A file with a secret that a child can read and that has no name: nothing is left of it, whatever crashes.
 * Elsewhere than on Linux the name stays until `close`.
 */
function hiddenFile(content: string): { descriptor: number; close(): void } {
  const path = join(tmpdir(), `.portolan-${randomBytes(12).toString("hex")}`);
  const descriptor = openSync(path, "wx+", 0o600);
  const nameless = process.platform === "linux";
  if (nameless) rmSync(path);
  writeSync(descriptor, content);
  return {
    descriptor,
    close: () => {
      closeSync(descriptor);
      if (!nameless) rmSync(path, { force: true });
    },
  };
}

function environment({ helmReleaseSettings }: Settings, kubeconfig: boolean): NodeJS.ProcessEnv {
  const { driver, pluginsPath, registryConfigPath, repositoryCache, repositoryConfigPath } =
    helmReleaseSettings ?? {};
  const { KUBECONFIG: _, ...env } = process.env;
  return {
    ...env,
    // The third descriptor is the kubeconfig. Without one, none is used by accident.
    KUBECONFIG: kubeconfig ? "/dev/fd/3" : "/dev/null",
    ...(driver === undefined ? {} : { HELM_DRIVER: driver }),
    ...(pluginsPath === undefined ? {} : { HELM_PLUGINS: pluginsPath }),
    ...(registryConfigPath === undefined ? {} : { HELM_REGISTRY_CONFIG: registryConfigPath }),
    ...(repositoryCache === undefined ? {} : { HELM_REPOSITORY_CACHE: repositoryCache }),
    ...(repositoryConfigPath === undefined ? {} : { HELM_REPOSITORY_CONFIG: repositoryConfigPath }),
  };
}

const waitLine =
  /\[debug\] (.*not ready.*|.*is not bound.*|.*does not have.*|Starting delete for.*|Watching for changes to.*|.*beginning wait.*)$/;

/** Runs helm 3 to its end; the caller judges the exit code. @throws when it cannot be started */
export async function runHelm({
  args,
  input,
  kubeconfig,
  settings,
  folder,
  signal,
  progress,
}: HelmRun): Promise<HelmResult> {
  const program = toolPath("helm3");
  if (program === undefined) {
    throw new Error('helm 3 is neither installed nor built; build it with ensureTools(["helm3"])');
  }
  const file = kubeconfig === undefined ? undefined : hiddenFile(kubeconfig);
  try {
    return await new Promise<HelmResult>((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: folder,
        env: environment(settings, file !== undefined),
        stdio: ["pipe", "pipe", "pipe", file?.descriptor ?? "ignore"],
      });
      const { stdin, stdout, stderr } = child;
      if (stdin === null || stdout === null || stderr === null) return reject(new Error("helm has no pipes"));
      const output: Buffer[] = [];
      const errors: string[] = [];
      // Helm marks the release as failed when it is told to stop, so it must be told and not killed.
      const stop = (): void => void child.kill("SIGTERM");
      signal.addEventListener("abort", stop);
      stdout.on("data", (chunk: Buffer) => output.push(chunk));
      createInterface({ input: stderr }).on("line", (line) => {
        const waits = waitLine.exec(line)?.[1];
        if (waits !== undefined) progress?.(waits);
        else if (!line.includes("[debug]")) errors.push(line);
      });
      child.once("error", reject);
      child.once("close", (code) => {
        signal.removeEventListener("abort", stop);
        resolve({ code: code ?? 1, output: Buffer.concat(output).toString(), errors });
      });
      // Helm may end before it has read everything (a wrong flag): that is told by its exit code.
      stdin.on("error", () => {});
      stdin.end(input ?? "");
      if (signal.aborted) stop();
    });
  } finally {
    file?.close();
  }
}

/** What helm says went wrong, without the words around it. */
export function helmError({ errors, code }: HelmResult): string {
  const lines = errors.filter((line) => line !== "" && !line.startsWith("WARNING:"));
  const told = lines.slice(
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith("Error:")),
    ),
  );
  // With --debug, helm adds the same again with the names of its own functions.
  const trace = told.findIndex((line) =>
    /^helm\.go:|^(INSTALLATION|UPGRADE) FAILED$|^[\w./-]+\.\(?\*?\w+\)?\.?\w*$|^\t/.test(line),
  );
  const own = trace > 0 ? told.slice(0, trace) : told;
  const text = own.join("\n").replace(/^Error: (INSTALLATION FAILED: |UPGRADE FAILED: |uninstall: )?/, "");
  return text === "" ? `helm ended with exit code ${code}` : text;
}
