/** What the controllers need in the cluster, as plain objects. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { containerPorts } from "./edge/nginx.ts";

/** Any Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** The definitions that the controllers read; the rest of what the projects ship stays out of the API server. */
const wantedDefinitions = [
  "certificates.cert-manager.io",
  "issuers.cert-manager.io",
  "clusterissuers.cert-manager.io",
  "ingressroutes.traefik.io",
  "ingressroutetcps.traefik.io",
  "middlewares.traefik.io",
  "secretstores.external-secrets.io",
  "clustersecretstores.external-secrets.io",
  "externalsecrets.external-secrets.io",
];

const definitionSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal("CustomResourceDefinition"),
  metadata: z.looseObject({ name: z.string() }),
});

/**
 * A definition's text without its descriptions: they are nine tenths of it, nothing is decided by them, and reading
 * them takes seconds here and memory in the API server. A property that is called `description` has no text behind
 * its name and stays.
 */
export function withoutDescriptions(yaml: string): string {
  const kept: string[] = [];
  let inside = Number.POSITIVE_INFINITY;
  for (const line of yaml.split("\n")) {
    const indent = line.search(/\S/);
    if (indent === -1 || indent > inside) continue;
    inside = /^\s*description: ./.test(line) ? indent : Number.POSITIVE_INFINITY;
    if (inside === Number.POSITIVE_INFINITY) kept.push(line);
  }
  return kept.join("\n");
}

/** File names are `<group>_<plural>.yaml`. */
function definitionName(file: string): string {
  const [group, plural] = basename(file, ".yaml").split("_");
  return `${plural}.${group}`;
}

/** The wanted definitions among these files. Throws when one is missing. */
export function definitions(files: readonly string[]): Manifest[] {
  return wantedDefinitions.map((name) => {
    const file = files.find((f) => definitionName(f) === name);
    if (file === undefined)
      throw new Error(`no file defines ${name}; have ${files.map(definitionName).join(", ")}`);
    return definitionSchema.parse(parse(withoutDescriptions(readFileSync(file, "utf8"))));
  });
}

/** Ours, not the user's: what empties a cluster before it goes (charts/drain) leaves it alone. */
const namespace = (name: string): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "portolan.dev/drain": "skip" } },
});

interface Grant {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A service account with these rights in the whole cluster. */
function account(space: string, name: string, grants: readonly Grant[]): Manifest[] {
  const rbac = "rbac.authorization.k8s.io";
  const role = `sandbox-${name}`;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: space } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: role },
      rules: grants.map(({ groups, resources, verbs }) => ({ apiGroups: groups, resources, verbs })),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: role },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
      subjects: [{ kind: "ServiceAccount", name, namespace: space }],
    },
  ];
}

const read = ["get", "list", "watch"];

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly program: string;
  /** Megabytes of JavaScript heap. */
  readonly heap: number;
  readonly healthPort: number;
  readonly healthPath: string;
  readonly memory: string;
  readonly writable: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A restricted Deployment of the edge image. */
function deployment(work: Workload): Manifest {
  const labels = { "app.kubernetes.io/name": work.name };
  const volume = (path: string) => path.replaceAll("/", "-").slice(1);
  const probe = { httpGet: { port: work.healthPort, path: work.healthPath } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: work.name, namespace: work.namespace, labels },
    spec: {
      replicas: 1,
      // Two at once would write statuses and Secrets against each other.
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: work.name,
          terminationGracePeriodSeconds: 6,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 10001,
            runAsGroup: 10001,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: work.name,
              image: "sandbox/edge:1",
              imagePullPolicy: "Never",
              args: [
                `--max-old-space-size=${work.heap}`,
                `--max-semi-space-size=1`,
                `/app/${work.program}.mjs`,
              ],
              env: Object.entries(work.env ?? {}).map(([name, value]) => ({ name, value })),
              readinessProbe: { ...probe, periodSeconds: 1, failureThreshold: 3 },
              // Slow to act: a machine busy building images must not have its edge killed.
              livenessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
              resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: work.memory } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: work.writable.map((path) => ({ name: volume(path), mountPath: path })),
            },
          ],
          // In memory: private keys are among what is written.
          volumes: work.writable.map((path) => ({ name: volume(path), emptyDir: { medium: "Memory" } })),
        },
      },
    },
  };
}

function edge(): Manifest[] {
  const core = [""];
  const traefik = ["ingressroutes", "ingressroutetcps", "middlewares"];
  return [
    ...account("edge", "edge", [
      { groups: core, resources: ["services", "secrets"], verbs: read },
      { groups: ["networking.k8s.io"], resources: ["ingresses"], verbs: read },
      { groups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["patch"] },
      { groups: ["traefik.io"], resources: traefik, verbs: read },
      { groups: core, resources: ["services", "services/status"], verbs: ["patch"] },
      { groups: core, resources: ["events"], verbs: ["create", "patch"] },
    ]),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "sandbox" },
      spec: { controller: "sandbox.portolan.dev/edge" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "edge", namespace: "edge", labels: { "app.kubernetes.io/name": "edge" } },
      spec: {
        type: "LoadBalancer",
        allocateLoadBalancerNodePorts: false,
        // nginx listens only once it serves every route: waiting for a probe on top would gain nothing.
        publishNotReadyAddresses: true,
        selector: { "app.kubernetes.io/name": "edge" },
        ports: [
          { name: "http", port: 80, targetPort: containerPorts.http, protocol: "TCP" },
          { name: "https", port: 443, targetPort: containerPorts.https, protocol: "TCP" },
        ],
      },
    },
    deployment({
      namespace: "edge",
      name: "edge",
      program: "edge",
      heap: 48,
      healthPort: containerPorts.health,
      healthPath: "/generation",
      memory: "384Mi",
      writable: ["/run/edge"],
      env: { EDGE_BALANCES: "yes" },
    }),
  ];
}

function certificates(): Manifest[] {
  const group = ["cert-manager.io"];
  const kinds = ["certificates", "issuers", "clusterissuers"];
  return [
    ...account("cert-manager", "certificates", [
      { groups: group, resources: kinds, verbs: [...read, "patch", "create"] },
      { groups: group, resources: kinds.map((kind) => `${kind}/status`), verbs: ["patch"] },
      { groups: [""], resources: ["secrets"], verbs: [...read, "create", "patch"] },
    ]),
    deployment({
      namespace: "cert-manager",
      name: "certificates",
      program: "certificates",
      heap: 48,
      healthPort: 8080,
      healthPath: "/",
      memory: "192Mi",
      writable: [],
    }),
  ];
}

/** Everything but the definitions. Namespaces first. */
export function manifests(): Manifest[] {
  return [namespace("edge"), namespace("cert-manager"), ...edge(), ...certificates()];
}
