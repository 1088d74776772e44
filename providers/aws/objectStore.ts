/** A tenant's own bucket: closed to the world, encrypted with the platform's key, versioned. */
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformFacts, TenantRequest } from "../platform.ts";
import type { AwsFacts } from "./facts.ts";
import { suffixedName } from "./names.ts";
import { keeps, policyDocument } from "./scope.ts";

/** Days that a deleted or overwritten object can be brought back. */
const noncurrentDays = { production: 90, disposable: 1 } as const;

/** `ready`: the bucket with all of its settings. */
/** A tenant that is let go keeps its past until it goes: how long that is kept is the platform's to say. */
type OfPlatform = Pick<PlatformFacts<unknown>, "stack" | "lifecycle">;

export function tenantBucket(
  platform: OfPlatform,
  own: AwsFacts,
  request: TenantRequest,
  provider: pulumi.ProviderResource,
): { bucket: Bucket; ready: pulumi.Resource[] } {
  const { slug, lifecycle, parent } = request;
  const production = lifecycle === "production";
  const name = `${slug}-bucket`;
  const base = { parent, provider };
  const made = new Bucket(
    name,
    {
      bucket: suffixedName("bucket", [platform.stack, slug], pulumi.output(own.suffix)),
      forceDestroy: !production,
    },
    { ...base, ...keeps(lifecycle) },
  );
  const bucket = made.bucket;
  // One after the other: S3 answers 409 to two changes of a bucket's settings at a time. In production they stay with
  // the bucket: one that is left behind must not be left open.
  const after = (...dependsOn: pulumi.Resource[]) => ({
    ...base,
    dependsOn,
    retainOnDelete: production,
  });
  const ownership = new BucketOwnershipControls(
    name,
    { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
    after(made),
  );
  const block = new BucketPublicAccessBlock(
    name,
    {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    after(ownership),
  );
  const versioning = new BucketVersioning(
    name,
    { bucket, versioningConfiguration: { status: "Enabled" } },
    after(block),
  );
  const encryption = new BucketServerSideEncryptionConfiguration(
    name,
    {
      bucket,
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: own.keyArn },
          bucketKeyEnabled: true,
        },
      ],
    },
    after(versioning),
  );
  const expiry = new BucketLifecycleConfiguration(
    name,
    {
      bucket,
      rules: [
        {
          id: "expire-what-was-replaced",
          status: "Enabled",
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: noncurrentDays[platform.lifecycle] },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    after(encryption),
  );
  const policy = new BucketPolicy(name, { bucket, policy: tlsOnly(made.arn) }, after(expiry));
  return { bucket: made, ready: [policy] };
}

function tlsOnly(arn: pulumi.Output<string>): pulumi.Output<string> {
  return policyDocument({
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, pulumi.interpolate`${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
}
