/** What the tenants of this provider need besides the neutral facts. Strings, and none of them secret. */
import * as pulumi from "@pulumi/pulumi";
import type { MadeCluster } from "../cluster.ts";
import { readOwn } from "../ownFacts.ts";
import type { PlatformFacts } from "../platform.ts";
import { kubeconfigOf } from "./kubeconfig.ts";

/** `PlatformFacts.own` of a platform on AWS, by name. */
export interface AwsFacts<S = pulumi.Input<string>> {
  readonly region: S;
  readonly suffix: S;
  readonly clusterName: S;
  readonly clusterArn: S;
  readonly clusterEndpoint: S;
  readonly clusterCertificateAuthority: S;
  readonly keyArn: S;
  /** ARN of the OIDC provider that vouches for tokens of the cluster's ServiceAccounts; with External Secrets only. */
  readonly tokenIssuer?: S;
  /** The shared cache; none where no tenant needs one. */
  readonly redisHost?: S;
  readonly redisPort?: S;
  readonly redisIsolation?: S;
  /** Users of tenants go in here; none with a cache that the user brought. */
  readonly redisUserGroup?: S;
  /** PEM bundles; none: the public roots. */
  readonly redisRoots?: S;
  readonly objectStoreRoots?: S;
}

/** Without these there is no cell. */
export const awsRequired = [
  "region",
  "suffix",
  "clusterName",
  "clusterArn",
  "clusterEndpoint",
  "clusterCertificateAuthority",
  "keyArn",
] as const satisfies (keyof AwsFacts)[];

/** Throws where a base was made by another version of this provider. */
export function awsFacts(facts: PlatformFacts<pulumi.Input<string>>): AwsFacts {
  return readOwn(facts, awsRequired);
}

/** The cluster as whoever has the facts enters it. */
export function madeCluster(own: AwsFacts, identifier: pulumi.Input<string>): MadeCluster {
  const text = pulumi
    .all([own.clusterName, own.region, own.clusterEndpoint, own.clusterCertificateAuthority])
    .apply(([name, region, endpoint, certificateAuthority]) =>
      kubeconfigOf({ name, region, endpoint, certificateAuthority }),
    );
  return { kubeconfig: pulumi.secret(text), identifier: pulumi.output(identifier) };
}
