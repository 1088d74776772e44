import { ADDRESSES } from "./network.ts";

/** Name of the one node. */
export const NODE_NAME = "sandbox";

/** Where the mount namespace of the cluster has containerd's socket: /run there is the cluster's own. */
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

/** What the pods' first process is made from. */
export const PAUSE_IMAGE = "sandbox/pause:3";

/** References are stored the long way, as kubelet asks for them. */
export function normalizeRef(ref: string): string {
  const first = ref.split("/")[0] ?? "";
  const hasRegistry =
    ref.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const long = hasRegistry ? ref : ref.includes("/") ? `docker.io/${ref}` : `docker.io/library/${ref}`;
  return /:[^/]+$/.test(long) || long.includes("@") ? long : `${long}:latest`;
}

/**
 * containerd's settings. Without `cri` it is only a way into the image store, used to forget dead containers.
 * - restrict_oom_score_adj: a machine in a virtual machine or container may lack CAP_SYS_RESOURCE.
 * - netns_mounts_under_state_dir: pods' network namespaces go away with the cluster's /run.
 * - opt: would make /opt/containerd on the host.
 */
export function containerdConfig(args: {
  root: string;
  cniConfigFolder: string;
  cniPluginFolder: string;
  cri: boolean;
}) {
  const disabled = ["aufs", "btrfs", "devmapper", "zfs"].map(
    (each) => `io.containerd.snapshotter.v1.${each}`,
  );
  disabled.push("io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp");
  if (!args.cri) disabled.push("io.containerd.grpc.v1.cri");
  return `version = 2
root = ${JSON.stringify(args.root)}
state = "/run/containerd"
disabled_plugins = ${JSON.stringify(disabled)}

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${normalizeRef(PAUSE_IMAGE)}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${JSON.stringify(args.cniPluginFolder)}
  conf_dir = ${JSON.stringify(args.cniConfigFolder)}

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = "/run/containerd/runc"
`;
}

/** Plugin `ptp`: each pod hangs on a link of its own, so all traffic between pods passes the forward hook (policies). */
export function cniConfig(args: { network: string; dataFolder: string }): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: args.network,
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: args.dataFolder,
          ranges: [[{ subnet: ADDRESSES.podRange, rangeStart: "10.244.0.10", rangeEnd: "10.244.3.250" }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  });
}

/** KubeletConfiguration. Thresholds are absolute and small: a disk filled by something else must not evict pods. */
export function kubeletConfig(args: { pki: string; cgroup: string; volumePlugins: string }): string {
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: ADDRESSES.node,
    healthzBindAddress: "127.0.0.1",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${args.pki}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${args.pki}/kubelet.crt`,
    tlsPrivateKeyFile: `${args.pki}/kubelet.key`,
    clusterDNS: [ADDRESSES.dns],
    clusterDomain: "cluster.local",
    resolvConf: "",
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${args.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // Lowering a score below the parent's needs CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    volumePluginDir: args.volumePlugins,
    evictionHard: { "memory.available": "64Mi", "nodefs.available": "64Mi", "imagefs.available": "64Mi" },
    // Images come from recipes and cannot be pulled again: never collect them.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
    eventRecordQPS: 50,
    eventBurst: 100,
  });
}

/** KubeProxyConfiguration. A shorter sync than the second it waits by default: requests survive a rollout. */
export function kubeProxyConfig(kubeconfig: string): string {
  return JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clientConnection: { kubeconfig },
    hostnameOverride: NODE_NAME,
    bindAddress: ADDRESSES.node,
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    clusterCIDR: ADDRESSES.podRange,
    detectLocalMode: "ClusterCIDR",
    nodePortAddresses: ["primary"],
    nftables: { minSyncPeriod: "100ms", syncPeriod: "30s" },
    // The size of the connection table is the host's.
    conntrack: { maxPerCore: 0, min: 0 },
  });
}

/**
 * No `forward`: names of the outside world fail at once instead of after a time-out. `names` is a file of further
 * names (`names.ts`), which change while a simulated cloud makes its servers.
 */
export function corefile(kubeconfig: string, names: string): string {
  return `.:53 {
  bind ${ADDRESSES.node}
  errors
  ready 127.0.0.1:8181
  hosts ${names} {
    ttl 1
    reload 200ms
    no_reverse
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    ttl 5
  }
  cache 5
}
`;
}

/** A kubeconfig for one certificate of the cluster. */
export function kubeconfig(args: { pki: string; user: string; server: string; context: string }): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: args.context, cluster: { server: args.server, "certificate-authority": `${args.pki}/ca.crt` } },
    ],
    users: [
      {
        name: args.user,
        user: {
          "client-certificate": `${args.pki}/${args.user}.crt`,
          "client-key": `${args.pki}/${args.user}.key`,
        },
      },
    ],
    contexts: [{ name: args.context, context: { cluster: args.context, user: args.user } }],
    "current-context": args.context,
  });
}
