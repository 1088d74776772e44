/** The key of Cloud KMS by which the cluster's Secrets are encrypted, beside Google's own encryption of all that rests. */
import { CryptoKey } from "@pulumi/gcp/kms/cryptoKey.js";
import { CryptoKeyIAMMember } from "@pulumi/gcp/kms/cryptoKeyIAMMember.js";
import { KeyRing } from "@pulumi/gcp/kms/keyRing.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { suffixedName } from "./names.ts";
import type { Scope } from "./scope.ts";

export interface ClusterKey {
  /** `projects/P/locations/R/keyRings/RING/cryptoKeys/KEY`. */
  readonly id: pulumi.Output<string>;
  /** The cluster's own service agent may use it: without that, no cluster is made. */
  readonly ready: pulumi.Resource[];
}

const ninetyDays = "7776000s";

/**
 * Rings and keys can never be deleted; only a key's versions can be destroyed, after a month in which they can be
 * restored. So a disposable stack has none unless it asks, and a ring has a suffix of its own: once given up, its name is
 * taken for good, for the stack that becomes production again too.
 *
 * Neither protected nor kept: nothing but the cluster's Secrets is encrypted by it. While that cluster is there and
 * protected, a destroy never comes to the key; in a stack that becomes disposable it goes once the cluster does without.
 */
export function clusterKey(scope: Scope, projectNumber: pulumi.Output<string>): ClusterKey {
  const { name, stack, region, parent } = scope;
  const suffix = new random.RandomId(`${name}-keys`, { byteLength: 3 }, { parent }).hex;
  const ring = new KeyRing(
    `${name}-keys`,
    { name: suffixedName("keyRing", [stack], suffix), location: region },
    // One that stands keeps the name that it has.
    { parent, dependsOn: scope.apis, ignoreChanges: ["name"] },
  );
  const key = new CryptoKey(
    `${name}-cluster-key`,
    { name: "cluster-secrets", keyRing: ring.id, purpose: "ENCRYPT_DECRYPT", rotationPeriod: ninetyDays },
    { parent },
  );
  const agent = pulumi.interpolate`serviceAccount:service-${projectNumber}@container-engine-robot.iam.gserviceaccount.com`;
  const grant = new CryptoKeyIAMMember(
    `${name}-cluster-key-use`,
    { cryptoKeyId: key.id, role: "roles/cloudkms.cryptoKeyEncrypterDecrypter", member: agent },
    { parent },
  );
  return { id: key.id, ready: [grant] };
}
