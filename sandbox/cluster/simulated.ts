import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { crdFiles } from "../toolchain/index.ts";
import { NODE_NAME } from "./configs.ts";
import {
  apiserverArgs,
  type ControlPlaneAddresses,
  controllerManagerArgs,
  etcdArgs,
  frugal,
  schedulerArgs,
} from "./controlPlane.ts";
import { daemonsOf } from "./daemons.ts";
import { type ClusterHandle, CONTEXT, clusterPaths, writeHandle } from "./handle.ts";
import { writeKubeconfigs } from "./kubeconfigs.ts";
import { applyFiles, applyManifests } from "./kubectl.ts";
import { labels, type Manifest } from "./manifests.ts";
import { ADDRESSES } from "./network.ts";
import { certificateSpecs, ensureCertificates } from "./pki.ts";
import { waitFor } from "./readiness.ts";
import { simulatedStages } from "./stages.ts";
import { startStorage, storageManifests } from "./storage.ts";
import type { Programs, SIMULATED_TOOLS } from "./tools.ts";

const LOOPBACK = "127.0.0.1";

/** What is said wherever a simulated cluster is used. */
export const SIMULATED_NOTICE =
  "the control plane is real, nodes and pods are simulated by kwok; no container runs, smoke checks are skipped";

/**
 * A real control plane on the host's loopback, and one node that kwok plays: pods become Running without a
 * container. All that needs root (network namespaces, cgroups, mounts) is left out.
 */
export async function startSimulated(args: {
  name: string;
  programs: Programs<(typeof SIMULATED_TOOLS)[number]>;
  report: (line: string) => void;
  signal?: AbortSignal | undefined;
}): Promise<ClusterHandle> {
  const { name, programs, report, signal } = args;
  report(SIMULATED_NOTICE);
  const paths = clusterPaths(name);
  for (const folder of [paths.logs, paths.volumes]) mkdirSync(folder, { recursive: true });
  const at = await freeAddresses();
  const folder = join(paths.run, "kubeconfigs");
  const kubeconfigs = writeKubeconfigs({ folder, pki: paths.pki, server: `https://${at.api}:${at.apiPort}` });
  const handle: ClusterHandle = {
    name,
    kubeconfig: kubeconfigs.admin,
    context: CONTEXT,
    netns: null,
    nodeAddress: LOOPBACK,
    simulated: true,
    startedAt: new Date().toISOString(),
    pids: [],
    state: "starting",
    external: false,
  };
  writeHandle(handle);
  const specs = certificateSpecs({ node: ADDRESSES.node, service: ADDRESSES.service, nodeName: NODE_NAME });
  await ensureCertificates(paths.pki, specs);

  const daemons = daemonsOf(handle, paths, undefined, signal);
  const files = { pki: paths.pki, kubeconfigs: folder, data: join(paths.run, "etcd") };
  await daemons.start("etcd", [programs.etcd, ...etcdArgs(at, files)], frugal(96));
  const apiserver = [
    programs["kube-apiserver"],
    ...apiserverArgs(at, files),
    // Nothing can reach the Service `kubernetes`, and a loopback address is refused as its endpoint.
    "--endpoint-reconciler-type=none",
    `--advertise-address=${ADDRESSES.node}`,
  ];
  await daemons.start("kube-apiserver", apiserver, frugal(320));
  await waitFor(handle, ["api"], report, signal);
  const manager = [programs["kube-controller-manager"], ...controllerManagerArgs(at, files)];
  await daemons.start("kube-controller-manager", manager, frugal(112));
  await daemons.start(
    "kube-scheduler",
    [programs["kube-scheduler"], ...schedulerArgs(at, files)],
    frugal(80),
  );
  const stages = join(paths.run, "stages.yaml");
  writeFileSync(stages, simulatedStages());
  await daemons.start("kwok", [
    programs.kwok,
    `--config=${stages}`,
    `--kubeconfig=${kubeconfigs.admin}`,
    "--manage-all-nodes=true",
    `--cidr=${ADDRESSES.podRange}`,
    `--node-ip=${ADDRESSES.node}`,
    "--node-lease-duration-seconds=40",
  ]);
  await applyManifests(handle, [...storageManifests(), simulatedNode()]);
  await applyFiles(handle, [...crdFiles("cert-manager"), ...crdFiles("traefik")]);
  const storage = kubeconfigs["local-path-provisioner"];
  await startStorage(programs["local-path-provisioner"], paths, daemons, storage);
  await waitFor(handle, ["node", "account"], report, signal);
  handle.state = "ready";
  writeHandle(handle);
  return handle;
}

function simulatedNode(): Manifest {
  const size = { cpu: "32", memory: "256Gi", pods: "500", "ephemeral-storage": "1Ti" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: NODE_NAME,
      labels: { ...labels, "kubernetes.io/hostname": NODE_NAME, "kubernetes.io/os": "linux", type: "kwok" },
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
    status: { allocatable: size, capacity: size },
  };
}

/** Ports nobody listens on at this moment. */
async function freeAddresses(): Promise<ControlPlaneAddresses> {
  const [apiPort, etcdPort, etcdPeerPort, controllerManagerPort, schedulerPort] = await freePorts(5);
  if (
    apiPort === undefined ||
    etcdPort === undefined ||
    etcdPeerPort === undefined ||
    controllerManagerPort === undefined ||
    schedulerPort === undefined
  ) {
    throw new Error("no free ports on 127.0.0.1; end a program that listens on many");
  }
  return { api: LOOPBACK, apiPort, etcdPort, etcdPeerPort, controllerManagerPort, schedulerPort };
}

/** All are held open until the last is found, so that none is given twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, LOOPBACK, resolve);
      });
      return server;
    }),
  );
  const ports = servers.flatMap((server) => {
    const address = server.address();
    return address !== null && typeof address === "object" ? [address.port] : [];
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
