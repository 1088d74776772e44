import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CONTAINERD_SOCKET,
  cniConfig,
  containerdConfig,
  corefile,
  kubeletConfig,
  kubeProxyConfig,
  NODE_NAME,
} from "./configs.ts";
import type { Daemons } from "./daemons.ts";
import { type ClusterPaths, cgroupName, netnsName } from "./handle.ts";
import { type Holder, inHolder } from "./holder.ts";
import { namesFile } from "./names.ts";
import { ADDRESSES } from "./network.ts";
import { startTimeOf, tail, until } from "./processes.ts";
import { tryRun } from "./run.ts";

/** Where Debian, other distributions and hand-made installations have the CNI plugins. */
const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/** The folder with the plugin `ptp`, if there is one. */
export function cniPluginFolder(): string | undefined {
  return CNI_FOLDERS.find((folder) => existsSync(join(folder, "ptp")));
}

/** Starts containerd and returns when it answers. */
export async function startContainerd(name: string, paths: ClusterPaths, daemons: Daemons, holder: Holder) {
  const cni = join(paths.run, "cni");
  mkdirSync(cni, { recursive: true });
  mkdirSync(paths.containerd, { recursive: true });
  const network = cniConfig({ network: netnsName(name), dataFolder: join(paths.run, "cni-addresses") });
  writeFileSync(join(cni, "10-sandbox.conflist"), network);
  const plugins = cniPluginFolder();
  if (plugins === undefined) throw new Error("no CNI plugins; apt-get install containernetworking-plugins");
  const config = join(paths.run, "containerd.toml");
  writeFileSync(
    config,
    containerdConfig({
      root: paths.containerd,
      cniConfigFolder: cni,
      cniPluginFolder: plugins,
      cri: true,
    }),
  );
  const daemon = await daemons.start("containerd", ["containerd", "--config", config]);
  const ctr = [...inHolder(holder), "ctr", "--address", CONTAINERD_SOCKET, "version"];
  const answers = async () => startTimeOf(daemon.pid) === undefined || (await tryRun(ctr)).code === 0;
  if (!(await until(answers, 15_000, 100)) || startTimeOf(daemon.pid) === undefined) {
    throw new Error(`containerd does not answer: ${tail(paths.logs, "containerd")}`);
  }
}

/** Starts kubelet. It registers the node by itself. */
export async function startKubelet(
  name: string,
  paths: ClusterPaths,
  daemons: Daemons,
  args: { program: string; kubeconfig: string },
) {
  const config = join(paths.run, "kubelet.json");
  const volumePlugins = join(paths.run, "volume-plugins");
  writeFileSync(config, kubeletConfig({ pki: paths.pki, cgroup: cgroupName(name), volumePlugins }));
  await daemons.start("kubelet", [
    args.program,
    `--config=${config}`,
    `--kubeconfig=${args.kubeconfig}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${ADDRESSES.node}`,
  ]);
}

/** Starts kube-proxy. */
export async function startProxy(program: string, paths: ClusterPaths, daemons: Daemons, kubeconfig: string) {
  const config = join(paths.run, "kube-proxy.json");
  writeFileSync(config, kubeProxyConfig(kubeconfig));
  await daemons.start("kube-proxy", [program, `--config=${config}`]);
}

/** Starts the cluster's DNS. */
export async function startDns(program: string, paths: ClusterPaths, daemons: Daemons, kubeconfig: string) {
  const config = join(paths.run, "Corefile");
  const names = namesFile(paths.run);
  writeFileSync(names, "");
  writeFileSync(config, corefile(kubeconfig, names));
  await daemons.start("coredns", [program, "-conf", config]);
}
