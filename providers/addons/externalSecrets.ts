/**
 * External Secrets: the operator, and a store for each tenant. The operator itself may read nothing in the cloud: it asks
 * with a token of the tenant's own ServiceAccount, which is let to that tenant's secret and to no other.
 */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CloudRequest } from "../cloud.ts";
import type { Images, KeyRequest, KeySource, Lifecycle } from "../platform.ts";
import { type AddonOptions, addonNamespace, patience } from "./common.ts";
import { externalSecretsImage } from "./images.ts";
import { externalSecretsNamespace } from "./places.ts";
import { chartSource } from "./source.ts";
import { externalSecretsChart } from "./versions.ts";

export const externalSecretsRelease = "external-secrets";

/** ServiceAccount of a tenant's namespace whose tokens open the tenant's secret. No pod runs as it. */
export const readerAccount = "keys-reader";

/** Name of the store in each tenant's namespace. */
const storeName = "portolan";

export type ExternalSecretsArgs = Pick<
  CloudRequest,
  "chartMirror" | "hooks" | "images" | "lifecycle" | "labels"
>;

/** The definitions are part of the release: every store comes after it. */
export function externalSecrets(
  name: string,
  args: ExternalSecretsArgs,
  opts: AddonOptions,
): k8s.helm.v3.Release {
  const space = addonNamespace(`${name}-external-secrets`, externalSecretsNamespace, args.labels, opts);
  return new k8s.helm.v3.Release(
    `${name}-external-secrets`,
    {
      ...chartSource(externalSecretsChart, args.chartMirror),
      name: externalSecretsRelease,
      namespace: space.metadata.name,
      timeout: patience,
      maxHistory: 3,
      takeOwnership: true,
      values: externalSecretsValues(args.lifecycle, args.labels, args.images),
    },
    {
      ...opts,
      dependsOn: [...opts.dependsOn, space],
      hooks: args.hooks(space.metadata.name, externalSecretsRelease),
    },
  );
}

export function externalSecretsValues(
  lifecycle: Lifecycle,
  labels: Readonly<Record<string, string>>,
  images: Images = {},
): Record<string, unknown> {
  const production = lifecycle === "production";
  // The chart says itself that Helm manages what it makes: a second time would be the same key twice.
  const { "app.kubernetes.io/managed-by": _, ...commonLabels } = labels;
  return {
    ...externalSecretsImage(images),
    commonLabels,
    installCRDs: true,
    // A definition that goes takes every copied Secret with it: those stay when the release goes.
    crds: { annotations: { "helm.sh/resource-policy": "keep" } },
    replicaCount: production ? 2 : 1,
    podDisruptionBudget: production ? { enabled: true, minAvailable: 1 } : { enabled: false },
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    leaderElect: production,
    // It only looks at objects before they are stored, and the first one would be refused while it is not up; the operator
    // looks at them again, and says what is wrong with them.
    webhook: { create: false },
    certController: { create: false },
    // Stores are each tenant's own; nothing is written back, and nothing is made for several namespaces at once.
    processClusterStore: false,
    processClusterExternalSecret: false,
    processPushSecret: false,
    processClusterPushSecret: false,
    processClusterGenerator: false,
    // Leave to make stores is not part of leave to edit a namespace.
    rbac: { aggregateToEdit: false },
  };
}

/** A store as its cloud spells it, and what the cloud wants to see on the ServiceAccount. */
export interface TenantStoreArgs {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  readonly request: KeyRequest;
  readonly secret: string;
  readonly serviceAccountAnnotations: Readonly<Record<string, pulumi.Input<string>>>;
  /** `spec.provider` of a SecretStore (external-secrets.io/v1). */
  readonly provider: pulumi.Input<Record<string, unknown>>;
}

/** The tenant's own store. `parent` carries the cluster's provider; `dependsOn` has what lets the account in. */
export function tenantStore(
  args: TenantStoreArgs,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: readonly pulumi.Resource[] },
): KeySource {
  const { slug, namespace: space, request, provider, secret } = args;
  const { labels } = request;
  const options = { parent: opts.parent, dependsOn: [...request.after] };
  const account = new k8s.core.v1.ServiceAccount(
    `${slug}-keys-reader`,
    {
      metadata: {
        name: readerAccount,
        namespace: space,
        labels: { ...labels },
        annotations: { ...args.serviceAccountAnnotations },
      },
      automountServiceAccountToken: false,
    },
    options,
  );
  const store = new k8s.apiextensions.CustomResource(
    `${slug}-keys-store`,
    {
      apiVersion: "external-secrets.io/v1",
      kind: "SecretStore",
      metadata: { name: storeName, namespace: space, labels: { ...labels } },
      spec: { provider },
    },
    { ...options, dependsOn: [...request.after, ...opts.dependsOn, account] },
  );
  return { store: { kind: "SecretStore", name: storeName }, secret, ready: [store] };
}
