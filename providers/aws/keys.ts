/** The one encryption key of a platform: of the cluster's Secrets, the database, the cache, buckets and shared volumes. */
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import * as pulumi from "@pulumi/pulumi";
import { keeps, nameIn, nameTag, type Scope } from "./scope.ts";

/**
 * In disposable stacks too: a database or a cluster cannot change its key without being made anew, and whoever turns
 * a stack into a production one must not lose its data to that. A key waits seven days at least before it is gone
 * (30 in production), and is useless at once, for final snapshots as well.
 */
export function encryptionKey(scope: Scope): Key {
  const { name, stack, lifecycle, parent } = scope;
  const key = new Key(
    `${name}-key`,
    {
      description: `Portolan ${stack}`,
      enableKeyRotation: true,
      tags: nameTag(scope),
      deletionWindowInDays: lifecycle === "production" ? 30 : 7,
    },
    { parent, ...keeps(lifecycle) },
  );
  new Alias(
    `${name}-key`,
    { name: pulumi.interpolate`alias/${nameIn(scope, "keyAlias")}`, targetKeyId: key.keyId },
    { parent, ...keeps(lifecycle) },
  );
  return key;
}
