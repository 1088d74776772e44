import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { Client } from "../../../sandbox/engine/kubernetes/client.ts";
import { loadAccess } from "../../../sandbox/engine/kubernetes/kubeconfig.ts";
import { ensureTools, type ToolName, toolPath } from "../../../sandbox/toolchain/index.ts";

/** etcd, API server and controller manager on loopback: objects live, pods do not run. */
export type ApiServer = {
  kubeconfig: string;
  folder: string;
  server: string;
  client: Client;
  close(): Promise<void>;
};

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function start(folder: string, name: string, program: string, args: string[]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), "w");
  const child = spawn(program, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await gone;
  clearTimeout(timer);
}

async function until(what: string, test: () => Promise<boolean>, folder: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await test().catch(() => false))) {
    if (Date.now() > limit) throw new Error(`${what} did not start within 60 s; its log is in ${folder}`);
    await sleep(100);
  }
}

/** What is there already is not built, and no build that runs meanwhile is waited for. */
async function tool(name: ToolName): Promise<string> {
  return toolPath(name) ?? (await ensureTools([name]))[name];
}

/** Starts them in a temporary folder. Needs the sandbox's toolchain; builds what is missing. */
export async function startApiServer(): Promise<ApiServer> {
  const [etcdPath, apiServerPath, managerPath] = await Promise.all([
    tool("etcd"),
    tool("kube-apiserver"),
    tool("kube-controller-manager"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "portolan-api-"));
  const [clients, peers, secure, managed] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const key = join(folder, "accounts.key");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(key, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const token = randomBytes(16).toString("hex");
  await writeFile(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const etcd = `http://127.0.0.1:${clients}`;
  const children = [
    start(folder, "etcd", etcdPath, [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peers}`,
      `--initial-cluster=default=http://127.0.0.1:${peers}`,
      "--unsafe-no-fsync",
    ]),
    start(folder, "kube-apiserver", apiServerPath, [
      `--etcd-servers=${etcd}`,
      `--cert-dir=${folder}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${secure}`,
      "--service-cluster-ip-range=10.96.0.0/24",
      "--endpoint-reconciler-type=none",
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      "--service-account-issuer=https://kubernetes.default.svc",
    ]),
  ];
  const server = `https://127.0.0.1:${secure}`;
  const kubeconfig = join(folder, "kubeconfig");
  const close = async (): Promise<void> => {
    for (const child of children.toReversed()) await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(
      "the API server's certificate",
      async () => (await readFile(join(folder, "apiserver.crt"))).length > 0,
      folder,
    );
    const ca = await readFile(join(folder, "apiserver.crt"), "base64");
    await writeFile(
      kubeconfig,
      stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "portolan-sandbox",
        contexts: [{ name: "portolan-sandbox", context: { cluster: "sandbox", user: "admin" } }],
        clusters: [{ name: "sandbox", cluster: { server, "certificate-authority-data": ca } }],
        users: [{ name: "admin", user: { token } }],
      }),
      { mode: 0o600 },
    );
    const client = new Client((await loadAccess({ kubeconfig })).config);
    await until(
      "the API server",
      async () => {
        await client.request({ method: "GET", path: "/readyz" }).catch((error: unknown) => {
          // /readyz answers the text "ok", which is no JSON.
          if (!(error instanceof SyntaxError)) throw error;
        });
        await client.request({ method: "GET", path: "/api/v1/namespaces/default" });
        return true;
      },
      folder,
    );
    children.push(
      start(folder, "controller-manager", managerPath, [
        `--kubeconfig=${kubeconfig}`,
        `--secure-port=${managed}`,
        "--bind-address=127.0.0.1",
        `--cert-dir=${folder}`,
        "--leader-elect=false",
        `--service-account-private-key-file=${key}`,
        "--use-service-account-credentials=false",
      ]),
    );
    await until(
      "the controller manager",
      async () => {
        await client.request({ method: "GET", path: "/api/v1/namespaces/default/serviceaccounts/default" });
        return true;
      },
      folder,
    );
    return { kubeconfig, folder, server, client, close };
  } catch (error) {
    await close();
    throw error;
  }
}
