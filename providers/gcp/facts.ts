/** What the tenants of this provider need besides the neutral facts. Strings, and none of them secret. */
import * as pulumi from "@pulumi/pulumi";
import type { MadeCluster } from "../cluster.ts";
import { readOwn } from "../ownFacts.ts";
import type { PlatformFacts } from "../platform.ts";

export interface GcpFacts<S = pulumi.Input<string>> {
  readonly project: S;
  readonly projectNumber: S;
  readonly region: S;
  readonly suffix: S;
  readonly clusterName: S;
  /** Region or zone of the cluster; with External Secrets only, whose tokens name it. */
  readonly clusterLocation?: S;
  readonly clusterEndpoint: S;
  /** Empty behind the DNS name, whose certificate is a public one. */
  readonly clusterCertificateAuthority: S;
  /** `prefix`, `instance` or `acl`; none where no tenant needs a Redis. */
  readonly redisIsolation?: S;
  /** The shared instance's name, by which a cell asks for its password; none with one that the user brought. */
  readonly redisName?: S;
  readonly redisHost?: S;
  readonly redisPort?: S;
  /** PEM bundles; none: the public roots. */
  readonly redisRoots?: S;
  readonly objectStoreRoots?: S;
  /** With isolation `instance`: the network, connect mode and version that each tenant's own is made with. */
  readonly redisNetwork?: S;
  readonly redisConnectMode?: S;
  readonly redisVersion?: S;
}

/** Without these there is no cell. */
export const gcpRequired = [
  "project",
  "projectNumber",
  "region",
  "suffix",
  "clusterName",
  "clusterEndpoint",
  "clusterCertificateAuthority",
] as const satisfies (keyof GcpFacts)[];

/** Throws where a base was made by another version of this provider. */
export function gcpFacts(facts: PlatformFacts<pulumi.Input<string>>): GcpFacts {
  return readOwn(facts, gcpRequired);
}

/** The cluster as whoever has the facts enters it. */
export function madeCluster(own: GcpFacts, identifier: pulumi.Input<string>): MadeCluster {
  const text = pulumi
    .all([own.project, own.region, own.clusterName, own.clusterEndpoint, own.clusterCertificateAuthority])
    .apply(([project, region, name, endpoint, certificateAuthority]) =>
      kubeconfigOf({ context: `${project}_${region}_${name}`, endpoint, certificateAuthority }),
    );
  return { kubeconfig: pulumi.secret(text), identifier: pulumi.output(identifier) };
}

/** JSON, which every reader of kubeconfigs takes for the YAML that it is. No credentials: the plugin gets those. */
export function kubeconfigOf(at: {
  readonly context: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
}): string {
  const { context, endpoint, certificateAuthority } = at;
  const authority = certificateAuthority ? { "certificate-authority-data": certificateAuthority } : {};
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [{ name: context, cluster: { server: `https://${endpoint}`, ...authority } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    users: [{ name: context, user: { exec: plugin } }],
  });
}

const plugin = {
  apiVersion: "client.authentication.k8s.io/v1beta1",
  command: "gke-gcloud-auth-plugin",
  provideClusterInfo: true,
  interactiveMode: "Never",
  installHint: "gcloud components install gke-gcloud-auth-plugin",
};
