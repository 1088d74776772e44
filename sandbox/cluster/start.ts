import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { installControllers } from "../controllers/index.ts";
import { createCgroups } from "./cgroups.ts";
import { NODE_NAME } from "./configs.ts";
import {
  apiserverArgs,
  controllerManagerArgs,
  etcdArgs,
  frugal,
  OWN_NAMESPACE,
  schedulerArgs,
} from "./controlPlane.ts";
import { daemonsOf } from "./daemons.ts";
import { type ClusterHandle, CONTEXT, clusterPaths, writeHandle } from "./handle.ts";
import { startHolder } from "./holder.ts";
import { type ImageArchive, importInto } from "./images.ts";
import { writeKubeconfigs } from "./kubeconfigs.ts";
import { applyManifests } from "./kubectl.ts";
import { dnsManifests } from "./manifests.ts";
import { metricsManifests, startMetrics } from "./metrics.ts";
import { ADDRESSES, createNetwork, netnsPath } from "./network.ts";
import { startContainerd, startDns, startKubelet, startProxy } from "./node.ts";
import { certificateSpecs, ensureCertificates } from "./pki.ts";
import { waitFor } from "./readiness.ts";
import { markStoreUsed } from "./stop.ts";
import { startStorage, storageManifests } from "./storage.ts";
import type { Programs } from "./tools.ts";

/** What a start is given. */
export interface StartArgs {
  name: string;
  programs: Programs;
  /** The pause image, and whatever else is to be on the node from the beginning. */
  images: readonly ImageArchive[];
  report: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Brings up the real one-node cluster. The caller cleans up if it throws. */
export async function startReal({
  name,
  programs,
  images,
  report,
  signal,
}: StartArgs): Promise<ClusterHandle> {
  const paths = clusterPaths(name);
  for (const folder of [paths.logs, paths.volumes]) mkdirSync(folder, { recursive: true });
  const folder = join(paths.run, "kubeconfigs");
  const server = `https://${OWN_NAMESPACE.api}:${OWN_NAMESPACE.apiPort}`;
  const kubeconfigs = writeKubeconfigs({ folder, pki: paths.pki, server });
  const handle: ClusterHandle = {
    name,
    kubeconfig: kubeconfigs.admin,
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
  const record = (process: ClusterHandle["pids"][number]) => {
    handle.pids.push(process);
    writeHandle(handle);
  };
  const holder = await startHolder(paths, handle.netns, record);
  report("namespaces: network, mounts and processes");

  const daemons = daemonsOf(handle, paths, holder, signal);
  const files = { pki: paths.pki, kubeconfigs: folder, data: join(paths.run, "etcd") };
  await daemons.start("etcd", [programs.etcd, ...etcdArgs(OWN_NAMESPACE, files)], frugal(96));
  const apiserver = [programs["kube-apiserver"], ...apiserverArgs(OWN_NAMESPACE, files)];
  await daemons.start("kube-apiserver", apiserver, frugal(320));
  await startContainerd(name, paths, daemons, holder);
  await importInto(holder, images, report);
  report("containerd");

  await waitFor(handle, ["api"], report, signal);
  markStoreUsed(paths);
  await startKubelet(name, paths, daemons, { program: programs.kubelet, kubeconfig: kubeconfigs.kubelet });
  const manager = [programs["kube-controller-manager"], ...controllerManagerArgs(OWN_NAMESPACE, files)];
  await daemons.start("kube-controller-manager", manager, frugal(112));
  const scheduler = [programs["kube-scheduler"], ...schedulerArgs(OWN_NAMESPACE, files)];
  await daemons.start("kube-scheduler", scheduler, frugal(80));
  await startProxy(programs["kube-proxy"], paths, daemons, kubeconfigs["kube-proxy"]);

  await applyManifests(handle, [...dnsManifests(), ...storageManifests(), ...metricsManifests(paths)]);
  await startDns(programs.coredns, paths, daemons, kubeconfigs.coredns);
  await startMetrics(programs["metrics-server"], paths, daemons, kubeconfigs["metrics-server"]);
  const storage = kubeconfigs["local-path-provisioner"];
  await startStorage(programs["local-path-provisioner"], paths, daemons, storage);
  // An aggregated API that does not answer (metrics) makes every discovery of the API slow and incomplete.
  // Both to their end, even if one fails: nothing may still be starting when the caller cleans up.
  const ends = await Promise.allSettled([
    waitFor(handle, ["node", "account", "dns", "metrics"], report, signal),
    installControllers(handle, report),
  ]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  const [, controllers] = ends;
  if (controllers.status === "fulfilled") for (const process of controllers.value) daemons.record(process);

  handle.state = "ready";
  writeHandle(handle);
  return handle;
}
