import { join } from "node:path";
import { ADDRESSES } from "./network.ts";

/** Where the control plane listens. In a network namespace these are fixed, on the host's loopback free ones are taken. */
export interface ControlPlaneAddresses {
  /** Address the API server is reached at. */
  api: string;
  apiPort: number;
  etcdPort: number;
  etcdPeerPort: number;
  controllerManagerPort: number;
  schedulerPort: number;
}

/** The usual ports, for a namespace of our own. */
export const OWN_NAMESPACE: ControlPlaneAddresses = {
  api: ADDRESSES.node,
  apiPort: 6443,
  etcdPort: 2379,
  etcdPeerPort: 2380,
  controllerManagerPort: 10257,
  schedulerPort: 10259,
};

/** Files the arguments refer to. */
export interface ControlPlaneFiles {
  pki: string;
  /** Folder with one kubeconfig a user. */
  kubeconfigs: string;
  data: string;
}

/**
 * Environment of a daemon whose Go heap is to stay below `mebibytes`. Until it comes near, the collector hardly runs:
 * a start takes a fifth less processor time than with a small GOGC, and the memory is the same.
 */
export function frugal(mebibytes: number): Record<string, string> {
  return { GOGC: "300", GOMEMLIMIT: `${mebibytes}MiB` };
}

/** etcd without fsync: this cluster's state is not meant to survive the machine. */
export function etcdArgs(at: ControlPlaneAddresses, files: ControlPlaneFiles): string[] {
  const client = `https://127.0.0.1:${at.etcdPort}`;
  const peer = `https://127.0.0.1:${at.etcdPeerPort}`;
  const pki = (file: string) => join(files.pki, file);
  return [
    "--name=sandbox",
    `--data-dir=${files.data}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=sandbox=${peer}`,
    "--client-cert-auth",
    `--trusted-ca-file=${pki("ca.crt")}`,
    `--cert-file=${pki("etcd.crt")}`,
    `--key-file=${pki("etcd.key")}`,
    "--peer-client-cert-auth",
    `--peer-trusted-ca-file=${pki("ca.crt")}`,
    `--peer-cert-file=${pki("etcd.crt")}`,
    `--peer-key-file=${pki("etcd.key")}`,
    "--snapshot-count=5000",
    "--auto-compaction-mode=periodic",
    "--auto-compaction-retention=10m",
    "--log-level=warn",
  ];
}

/** The API server with its default admission (PodSecurity among it) and the aggregation layer. */
export function apiserverArgs(at: ControlPlaneAddresses, files: ControlPlaneFiles): string[] {
  const pki = (file: string) => join(files.pki, file);
  return [
    `--bind-address=${at.api}`,
    `--advertise-address=${at.api}`,
    `--secure-port=${at.apiPort}`,
    `--service-cluster-ip-range=${ADDRESSES.serviceRange}`,
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--etcd-servers=https://127.0.0.1:${at.etcdPort}`,
    `--etcd-cafile=${pki("ca.crt")}`,
    `--etcd-certfile=${pki("etcd.crt")}`,
    `--etcd-keyfile=${pki("etcd.key")}`,
    `--client-ca-file=${pki("ca.crt")}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    `--kubelet-certificate-authority=${pki("ca.crt")}`,
    `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
    `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${pki("service-accounts.pub")}`,
    `--service-account-signing-key-file=${pki("service-accounts.key")}`,
    `--requestheader-client-ca-file=${pki("front-proxy-ca.crt")}`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki("front-proxy-client.crt")}`,
    `--proxy-client-key-file=${pki("front-proxy-client.key")}`,
    "--event-ttl=4h",
    "--profiling=false",
  ];
}

/** The controller manager. HPAs look every 5 s instead of 15 s: somebody is watching. */
export function controllerManagerArgs(at: ControlPlaneAddresses, files: ControlPlaneFiles): string[] {
  return [
    ...authenticated(files, "controller-manager", at.controllerManagerPort),
    `--cluster-cidr=${ADDRESSES.podRange}`,
    "--allocate-node-cidrs=false",
    `--service-cluster-ip-range=${ADDRESSES.serviceRange}`,
    `--root-ca-file=${join(files.pki, "ca.crt")}`,
    `--cluster-signing-cert-file=${join(files.pki, "ca.crt")}`,
    `--cluster-signing-key-file=${join(files.pki, "ca.key")}`,
    `--service-account-private-key-file=${join(files.pki, "service-accounts.key")}`,
    "--use-service-account-credentials=true",
    "--horizontal-pod-autoscaler-sync-period=5s",
  ];
}

/** The scheduler. */
export function schedulerArgs(at: ControlPlaneAddresses, files: ControlPlaneFiles): string[] {
  return authenticated(files, "scheduler", at.schedulerPort);
}

function authenticated(files: ControlPlaneFiles, user: string, port: number): string[] {
  const kubeconfig = join(files.kubeconfigs, user);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    // Alone, so no lease to win: saves seconds at start.
    "--leader-elect=false",
    "--kube-api-qps=100",
    "--kube-api-burst=200",
    "--profiling=false",
  ];
}
