import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binDir } from "../paths.ts";
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
import { ADDRESSES } from "./network.ts";
import { startTimeOf, tail, until } from "./processes.ts";
import { tryRun } from "./run.ts";
import { toolPath } from "./tools.ts";

/** Where Debian's containernetworking-plugins are. */
export const CNI_PLUGINS = "/usr/lib/cni";

/** Starts containerd and returns when it answers. */
export async function startContainerd(name: string, paths: ClusterPaths, daemons: Daemons, holder: Holder) {
  const cni = join(paths.run, "cni");
  mkdirSync(cni, { recursive: true });
  mkdirSync(paths.containerd, { recursive: true });
  const network = cniConfig({ network: netnsName(name), dataFolder: join(paths.run, "cni-addresses") });
  writeFileSync(join(cni, "10-sandbox.conflist"), network);
  const config = join(paths.run, "containerd.toml");
  writeFileSync(
    config,
    containerdConfig({
      root: paths.containerd,
      cniConfigFolder: cni,
      cniPluginFolder: CNI_PLUGINS,
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
export async function startKubelet(name: string, paths: ClusterPaths, daemons: Daemons, kubeconfig: string) {
  const config = join(paths.run, "kubelet.json");
  const volumePlugins = join(paths.run, "volume-plugins");
  writeFileSync(config, kubeletConfig({ pki: paths.pki, cgroup: cgroupName(name), volumePlugins }));
  await daemons.start("kubelet", [
    toolPath("kubelet"),
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${ADDRESSES.node}`,
  ]);
}

/** Starts kube-proxy and the cluster's DNS. */
export async function startServices(paths: ClusterPaths, daemons: Daemons, kubeconfigs: string) {
  const proxy = join(paths.run, "kube-proxy.json");
  writeFileSync(proxy, kubeProxyConfig(join(kubeconfigs, "kube-proxy")));
  const dns = join(paths.run, "Corefile");
  writeFileSync(dns, corefile(join(kubeconfigs, "coredns")));
  await daemons.start("kube-proxy", [toolPath("kube-proxy"), `--config=${proxy}`]);
  if (existsSync(join(binDir(), "coredns")))
    await daemons.start("coredns", [toolPath("coredns"), "-conf", dns]);
}
