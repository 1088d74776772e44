import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type grpc from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { grpcError, unimplemented } from "./rpc/errors.ts";
import { rememberFolder } from "./rpc/folders.ts";
import { engineLog } from "./rpc/log.ts";
import { empty, languageMessages, pluginMessages } from "./rpc/protobuf.ts";

/**
 * The exit code by which `@pulumi/pulumi/cmd/run` says that it has told the user what went wrong
 * (nodeJSProcessExitedAfterLoggingUserActionableMessage).
 */
const alreadyExplained = 32;

function runArguments(request: RunRequest, engine: string): string[] {
  const program = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const runner = createRequire(join(program, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  const options: [string, string][] = [
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["stack", request.getStack()],
    ["pwd", request.getPwd()],
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["parallel", String(request.getParallel())],
    ["root-directory", request.getInfo()?.getRootDirectory() ?? ""],
  ];
  return [
    ...nodeOptions(request),
    runner,
    ...options.filter(([, value]) => value !== "").map(([key, value]) => `--${key}=${value}`),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getInfo()?.getEntryPoint() ?? ".",
    ...request.getArgsList(),
  ];
}

/** `runtime: { options: { nodeargs: "..." } }` of Pulumi.yaml. */
function nodeOptions(request: RunRequest): string[] {
  const options = request.getInfo()?.getOptions()?.toJavaScript() ?? {};
  const given = options.nodeargs;
  return typeof given === "string" ? given.split(/\s+/).filter((word) => word !== "") : [];
}

function programEnvironment(request: RunRequest): NodeJS.ProcessEnv {
  const config: Record<string, string> = {};
  request.getConfigMap().forEach((value: string, key: string) => {
    config[key] = value;
  });
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    // Node strips the types itself: no ts-node, and no type checker in the way of a preview.
    PULUMI_NODEJS_TYPESCRIPT: "false",
  };
}

/** The programs that one engine runs. */
class Programs {
  readonly #running = new Set<ChildProcess>();
  readonly #log = engineLog(() => this.engine);
  /** Address of the engine, known after its handshake. */
  engine = "";

  run(request: RunRequest): Promise<RunResponse> {
    rememberFolder(this.engine, request.getPwd());
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, runArguments(request, this.engine), {
        cwd: request.getPwd(),
        env: programEnvironment(request),
        stdio: ["ignore", "pipe", "pipe"],
      });
      this.#running.add(child);
      this.#show(child.stdout);
      this.#show(child.stderr);
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.#running.delete(child);
        const response = new languageMessages.RunResponse();
        if (code === alreadyExplained) response.setBail(true);
        else if (code !== 0) response.setError(`Program exited with ${signal ?? `code ${code}`}`);
        resolve(response);
      });
    });
  }

  /** What a program prints belongs to the stack's diagnostics, as with an installed language host. */
  #show(output: Readable): void {
    createInterface({ input: output }).on("line", (line) => this.#log.info("", line));
  }

  cancel(): void {
    for (const child of this.#running) child.kill();
  }

  close(): void {
    this.cancel();
    this.#log.close();
  }
}

function unary<Request, Response>(
  handle: (request: Request, peer: string) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request, call.getPeer()).then(
      (response) => callback(null, response),
      (error: unknown) => callback(grpcError(error)),
    );
  };
}

function refused<Request, Response>(what: string): grpc.handleUnaryCall<Request, Response> {
  return (_call, callback) => callback(unimplemented(what));
}

/**
 * The service behind `runtime: nodejs`, attached by PULUMI_DEBUG_LANGUAGES: no process has to start before a program
 * can. Every engine has a connection of its own.
 */
export function languageRuntime(): { service: ILanguageRuntimeServer; close(): void } {
  const byPeer = new Map<string, Programs>();
  const programsOf = (peer: string): Programs => {
    const programs = byPeer.get(peer) ?? new Programs();
    byPeer.set(peer, programs);
    return programs;
  };
  const service: ILanguageRuntimeServer = {
    handshake: unary(async (request, peer) => {
      // Another engine may have had this port before.
      byPeer.get(peer)?.close();
      byPeer.delete(peer);
      programsOf(peer).engine = request.getEngineAddress();
      return new languageMessages.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(async () => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion("3.259.0");
      return info;
    }),
    // The providers of a program are attached or installed, never downloaded: nothing is required.
    getRequiredPlugins: unary(async () => new languageMessages.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(async () => new languageMessages.GetRequiredPackagesResponse()),
    getProgramDependencies: unary(async () => new languageMessages.GetProgramDependenciesResponse()),
    about: unary(async () => {
      const response = new languageMessages.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      return response;
    }),
    run: unary((request, peer) => programsOf(peer).run(request)),
    cancel: unary(async (_request, peer) => {
      programsOf(peer).cancel();
      return new empty.Empty();
    }),
    installDependencies: (call) => {
      const folder = call.request.getDirectory();
      if (existsSync(join(folder, "node_modules"))) return void call.end();
      call.emit("error", unimplemented(`Installing dependencies (run \`npm ci\` in ${folder})`));
    },
    runPlugin: (call) => void call.emit("error", unimplemented("RunPlugin")),
    runtimeOptionsPrompts: refused("RuntimeOptionsPrompts"),
    template: refused("Template"),
    generateProgram: refused("GenerateProgram"),
    generateProject: refused("GenerateProject"),
    generatePackage: refused("GeneratePackage"),
    pack: refused("Pack"),
    link: refused("Link"),
  };
  return {
    service,
    close: () => {
      for (const programs of byPeer.values()) programs.close();
    },
  };
}
