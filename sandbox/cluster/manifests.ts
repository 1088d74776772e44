import { ADDRESSES, NODE_PORTS } from "./network.ts";

/** Any Kubernetes object. */
export type Manifest = Readonly<Record<string, unknown>> & { kind: string };

/** On every object the cluster makes for itself. */
export const labels = { "app.kubernetes.io/part-of": "portolan-sandbox" };

/** A Service without selector whose one endpoint is a process on the node. */
export function nodeService(args: {
  name: string;
  clusterIP?: string;
  ports: readonly { name: string; port: number; target: number; protocol: "TCP" | "UDP" }[];
  extraLabels?: Readonly<Record<string, string>>;
}): Manifest[] {
  const metadata = { namespace: "kube-system", labels: { ...labels, ...args.extraLabels } };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: args.name },
      spec: {
        ...(args.clusterIP === undefined ? {} : { clusterIP: args.clusterIP }),
        ports: args.ports.map(({ name, port, target, protocol }) => ({
          name,
          port,
          targetPort: target,
          protocol,
        })),
      },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        ...metadata,
        name: `${args.name}-node`,
        labels: { ...metadata.labels, "kubernetes.io/service-name": args.name },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: [ADDRESSES.node], conditions: { ready: true } }],
      ports: args.ports.map(({ name, target, protocol }) => ({ name, port: target, protocol })),
    },
  ];
}

/** A ClusterRole and its binding to the user a certificate names. */
export function userRole(
  user: string,
  rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[],
): Manifest[] {
  const name = `system:sandbox:${user.replace("system:", "")}`;
  return [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, labels }, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name, labels },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    },
  ];
}

/** Verbs of one who only looks. */
export const read = ["get", "list", "watch"];

/** Cluster DNS: a process on the node behind the usual address, so it needs no image and is up before any pod. */
export function dnsManifests(): Manifest[] {
  return [
    ...userRole("system:coredns", [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ]),
    ...nodeService({
      name: "kube-dns",
      clusterIP: ADDRESSES.dns,
      extraLabels: { "k8s-app": "kube-dns" },
      ports: [
        { name: "dns", port: 53, target: NODE_PORTS.dns, protocol: "UDP" },
        { name: "dns-tcp", port: 53, target: NODE_PORTS.dns, protocol: "TCP" },
      ],
    }),
  ];
}
