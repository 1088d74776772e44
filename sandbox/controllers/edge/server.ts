/** The nginx process: configuration written, tested, swapped without dropping a connection, and waited for. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { EdgeModel } from "./model.ts";
import { containerPorts, renderNginx } from "./nginx.ts";
import type { CertificateFiles } from "./tls.ts";

export interface NginxOptions {
  readonly nginx: string;
  readonly runFolder: string;
  readonly streamModule: string;
  readonly log: (line: string) => void;
  /** nginx ended by itself; the pod must end too, so that kubelet starts it anew. */
  readonly died: (code: number | null) => void;
}

export interface Nginx {
  /** Serves exactly this model when it resolves; answers whether anything had to change. Throws when nginx refuses it. */
  serve(model: EdgeModel, files: CertificateFiles): Promise<boolean>;
  /** Lets running requests end, at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** The generation that answers on the health port, or `undefined` when nothing does. */
function servedGeneration(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port: containerPorts.health,
      path: "/generation",
      agent: false,
      timeout: 1000,
    };
    const asked = request(options, (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (part: string) => {
        body += part;
      });
      response.on("end", () => resolve(body));
    });
    asked.on("error", () => resolve(undefined));
    asked.on("timeout", () => asked.destroy());
    asked.end();
  });
}

/** Tests a configuration; answers what is wrong with it. */
function problemWith(nginx: string, config: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // Standard output is handed on as it is: a pipe of Node's is a socket, which nginx could not open as a log.
    const child = spawn(nginx, ["-t", "-q", "-e", "stderr", "-c", config], {
      stdio: ["ignore", "inherit", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (part: Buffer) => {
      said += part.toString("utf8");
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? undefined : said));
  });
}

/** Prepares the folders; nginx itself starts with the first model, so that it never answers before it knows any. */
export async function nginxServer(options: NginxOptions): Promise<Nginx> {
  const { nginx, runFolder, log } = options;
  const tlsFolder = `${runFolder}/tls`;
  await mkdir(`${runFolder}/tmp`, { recursive: true });
  await mkdir(tlsFolder, { recursive: true });
  let child: ChildProcess | undefined;
  let stopping = false;
  let current = "";

  async function waitFor(generation: string): Promise<void> {
    const end = Date.now() + 10_000;
    while ((await servedGeneration()) !== generation) {
      if (Date.now() > end) throw new Error(`nginx does not serve generation ${generation} after 10 s`);
      await delay(10);
    }
  }

  function start(config: string): ChildProcess {
    const started = spawn(nginx, ["-e", "stderr", "-c", config, "-g", "daemon off;"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    started.on("error", (error) => log(`nginx: ${error.message}`));
    started.on("exit", (code) => {
      if (!stopping) options.died(code);
    });
    return started;
  }

  async function removeOldFiles(files: CertificateFiles): Promise<void> {
    for (const file of await readdir(tlsFolder)) {
      if (!files.has(file.replace(/\.(crt|key)$/, ""))) await rm(`${tlsFolder}/${file}`, { force: true });
    }
  }

  return {
    async serve(model, files) {
      const render = (generation: string) =>
        renderNginx(model, { tlsFolder, runFolder, streamModule: options.streamModule, generation });
      const generation = createHash("sha256").update(render("")).digest("hex").slice(0, 16);
      if (generation === current && child?.exitCode === null) return false;
      for (const [id, { certificate, key }] of files) {
        await writeFile(`${tlsFolder}/${id}.crt`, certificate, { mode: 0o600 });
        await writeFile(`${tlsFolder}/${id}.key`, key, { mode: 0o600 });
      }
      const config = `${runFolder}/nginx.conf`;
      await writeFile(`${config}.next`, render(generation));
      const problem = await problemWith(nginx, `${config}.next`);
      if (problem !== undefined)
        throw new Error(`nginx refuses the configuration, the last good one stays: ${problem}`);
      await rename(`${config}.next`, config);
      if (child === undefined) child = start(config);
      else child.kill("SIGHUP");
      await waitFor(generation);
      current = generation;
      await removeOldFiles(files);
      return true;
    },
    async stop(graceMs) {
      stopping = true;
      if (child === undefined || child.exitCode !== null) return;
      const ended = new Promise<void>((resolve) => child?.once("exit", () => resolve()));
      child.kill("SIGQUIT");
      await Promise.race([ended, delay(graceMs, undefined, { ref: false })]);
      child.kill("SIGTERM");
    },
  };
}
