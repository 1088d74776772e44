import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfig } from "./configs.ts";
import { CONTEXT } from "./handle.ts";

/** Everyone with a certificate who talks to the API server. */
const USERS = [
  "admin",
  "controller-manager",
  "scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
  "metrics-server",
  "local-path-provisioner",
] as const;

/** Path of each user's kubeconfig. */
export type Kubeconfigs = Readonly<Record<(typeof USERS)[number], string>>;

/** Writes one kubeconfig for each user into `folder`. */
export function writeKubeconfigs(args: { folder: string; pki: string; server: string }): Kubeconfigs {
  mkdirSync(args.folder, { recursive: true, mode: 0o700 });
  const write = (user: (typeof USERS)[number]) => {
    const path = join(args.folder, user);
    writeFileSync(path, kubeconfig({ pki: args.pki, user, server: args.server, context: CONTEXT }), {
      mode: 0o600,
    });
    return path;
  };
  return {
    admin: write("admin"),
    "controller-manager": write("controller-manager"),
    scheduler: write("scheduler"),
    kubelet: write("kubelet"),
    "kube-proxy": write("kube-proxy"),
    coredns: write("coredns"),
    "metrics-server": write("metrics-server"),
    "local-path-provisioner": write("local-path-provisioner"),
  };
}
