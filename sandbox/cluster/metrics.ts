import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Daemons } from "./daemons.ts";
import type { ClusterPaths } from "./handle.ts";
import { labels, type Manifest, nodeService, read, userRole } from "./manifests.ts";
import { ADDRESSES, NODE_PORTS } from "./network.ts";

const USER = "system:metrics-server";

/** Starts metrics-server as a process on the node. 10 s is the shortest interval it allows. */
export async function startMetrics(
  program: string,
  paths: ClusterPaths,
  daemons: Daemons,
  kubeconfig: string,
) {
  await daemons.start("metrics-server", [
    program,
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--bind-address=${ADDRESSES.node}`,
    `--secure-port=${NODE_PORTS.metrics}`,
    `--tls-cert-file=${join(paths.pki, "metrics-server.crt")}`,
    `--tls-private-key-file=${join(paths.pki, "metrics-server.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-certificate-authority=${join(paths.pki, "ca.crt")}`,
    "--metric-resolution=10s",
    "--kubelet-request-timeout=8s",
  ]);
}

/** The aggregated API `metrics.k8s.io`, with the rights metrics-server and its readers need. */
export function metricsManifests(paths: ClusterPaths): Manifest[] {
  const rbac = "rbac.authorization.k8s.io";
  const bind = (kind: string, name: string, role: string, namespace?: string): Manifest => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, labels, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: rbac, kind: kind.replace("Binding", ""), name: role },
    subjects: [{ apiGroup: rbac, kind: "User", name: USER }],
  });
  return [
    ...userRole(USER, [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: read },
    ]),
    bind("ClusterRoleBinding", "system:sandbox:metrics-server:auth-delegator", "system:auth-delegator"),
    bind(
      "RoleBinding",
      "metrics-server-auth-reader",
      "extension-apiserver-authentication-reader",
      "kube-system",
    ),
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: {
        name: "system:aggregated-metrics-reader",
        labels: {
          ...labels,
          "rbac.authorization.k8s.io/aggregate-to-view": "true",
          "rbac.authorization.k8s.io/aggregate-to-edit": "true",
          "rbac.authorization.k8s.io/aggregate-to-admin": "true",
        },
      },
      rules: [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: read }],
    },
    ...nodeService({
      name: "metrics-server",
      ports: [{ name: "https", port: 443, target: NODE_PORTS.metrics, protocol: "TCP" }],
    }),
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io", labels },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        caBundle: readFileSync(join(paths.pki, "ca.crt")).toString("base64"),
        service: { namespace: "kube-system", name: "metrics-server", port: 443 },
      },
    },
  ];
}
