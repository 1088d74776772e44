import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binDir } from "../paths.ts";
import { createCgroups } from "./cgroups.ts";
import { kubeconfig, NODE_NAME } from "./configs.ts";
import {
  apiserverArgs,
  controllerManagerArgs,
  etcdArgs,
  FRUGAL,
  OWN_NAMESPACE,
  schedulerArgs,
} from "./controlPlane.ts";
import { daemonsOf } from "./daemons.ts";
import { type ClusterHandle, type ClusterPaths, CONTEXT, clusterPaths, writeHandle } from "./handle.ts";
import { startHolder } from "./holder.ts";
import { importInto } from "./images.ts";
import { applyManifests, kubectl, tryKubectl } from "./kubectl.ts";
import { dnsManifests } from "./manifests.ts";
import { ADDRESSES, createNetwork, netnsPath } from "./network.ts";
import { startContainerd, startKubelet, startServices } from "./node.ts";
import { pauseArchive } from "./pauseArchive.ts";
import { certificateSpecs, ensureCertificates } from "./pki.ts";
import { until } from "./processes.ts";
import { run } from "./run.ts";
import { markStoreUsed } from "./stop.ts";
import { toolPath } from "./tools.ts";

/** Brings up the real one-node cluster. The caller cleans up if it throws. */
export async function startReal(name: string, report: (line: string) => void): Promise<ClusterHandle> {
  const paths = clusterPaths(name);
  for (const folder of [paths.logs, paths.volumes]) mkdirSync(folder, { recursive: true });
  const kubeconfigs = join(paths.run, "kubeconfigs");
  const handle: ClusterHandle = {
    name,
    kubeconfig: join(kubeconfigs, "admin"),
    context: CONTEXT,
    netns: netnsPath(name),
    nodeAddress: ADDRESSES.node,
    simulated: false,
    startedAt: new Date().toISOString(),
    pids: [],
    state: "starting",
    external: false,
  };
  writeHandle(handle);

  const specs = certificateSpecs({ node: ADDRESSES.node, service: ADDRESSES.service, nodeName: NODE_NAME });
  await Promise.all([ensureCertificates(paths.pki, specs), createNetwork(name)]);
  createCgroups(name);
  writeKubeconfigs(paths, kubeconfigs);
  const holder = await startHolder(paths, handle.netns, (process) => {
    handle.pids.push(process);
    writeHandle(handle);
  });
  report("network and namespaces are there");

  const daemons = daemonsOf(handle, paths, holder);
  const files = { pki: paths.pki, kubeconfigs, data: join(paths.run, "etcd") };
  await daemons.start("etcd", [toolPath("etcd"), ...etcdArgs(OWN_NAMESPACE, files)], FRUGAL);
  await daemons.start(
    "kube-apiserver",
    [toolPath("kube-apiserver"), ...apiserverArgs(OWN_NAMESPACE, files)],
    FRUGAL,
  );
  await startContainerd(name, paths, daemons, holder);
  await importInto(holder, [await pauseArchive(paths.base)], report);
  report("containerd is ready");

  const ready = async () => (await tryKubectl(handle, ["get", "--raw", "/readyz"])) === "ok";
  await waitFor("the API server", ready, 60_000, 150);
  report("API server is ready");
  markStoreUsed(paths);
  await startKubelet(name, paths, daemons, join(kubeconfigs, "kubelet"));
  const manager = [toolPath("kube-controller-manager"), ...controllerManagerArgs(OWN_NAMESPACE, files)];
  await daemons.start("kube-controller-manager", manager, FRUGAL);
  await daemons.start(
    "kube-scheduler",
    [toolPath("kube-scheduler"), ...schedulerArgs(OWN_NAMESPACE, files)],
    FRUGAL,
  );
  await startServices(paths, daemons, kubeconfigs);
  await applyManifests(handle, dnsManifests());
  if (existsSync(join(binDir(), "coredns")))
    await run(["nsenter", `--net=${handle.netns}`, process.execPath, "-e", NAMES_RESOLVE], {
      timeoutMs: 30_000,
    });
  report("cluster DNS answers through its Service");
  const condition = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  const nodeReady = async () =>
    (await tryKubectl(handle, ["get", "node", NODE_NAME, "-o", condition])) === "True";
  await waitFor("the node", nodeReady, 60_000, 200);
  await kubectl(handle, ["wait", "--for=create", "--timeout=30s", "serviceaccount/default"]);
  report("node is ready");

  handle.state = "ready";
  writeHandle(handle);
  return handle;
}

/** Proves kube-proxy and DNS at once: the name is asked for at the Service's address. */
const NAMES_RESOLVE = `
const { Resolver } = require("node:dns").promises;
const deadline = Date.now() + 25000;
(async () => {
  for (;;) {
    const resolver = new Resolver({ timeout: 300, tries: 1 });
    resolver.setServers(["${ADDRESSES.dns}"]);
    try {
      await resolver.resolve4("kubernetes.default.svc.cluster.local");
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
})();
`;

async function waitFor(
  what: string,
  done: () => Promise<boolean>,
  timeoutMs: number,
  everyMs: number,
): Promise<void> {
  if (!(await until(done, timeoutMs, everyMs)))
    throw new Error(`${what} is not ready after ${timeoutMs / 1000} s`);
}

/** One kubeconfig for each user a certificate names. */
export function writeKubeconfigs(paths: ClusterPaths, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const server = `https://${OWN_NAMESPACE.api}:${OWN_NAMESPACE.apiPort}`;
  for (const user of USERS) {
    writeFileSync(join(folder, user), kubeconfig({ pki: paths.pki, user, server, context: CONTEXT }), {
      mode: 0o600,
    });
  }
}

const USERS = [
  "admin",
  "controller-manager",
  "scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
  "metrics-server",
  "local-path-provisioner",
];
