/** Buckets and their settings, each a resource of its own. */
import { type Kind, Refused, type Rule } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { statementsOf, wrongDocument } from "./documents.ts";
import { spreadBucket } from "./iam.ts";
import { t } from "./types.ts";
import { arn, dnsSuffixOf, given } from "./words.ts";

const bucket: Kind = {
  inputs: {
    bucket: {
      pattern: /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9]))*[a-z0-9]$/,
      says: "3 to 63 of a-z, 0-9, - and .",
      replaces: true,
    },
    bucketPrefix: { replaces: true },
    forceDestroy: { default: false },
    objectLockEnabled: { replaces: true },
  },
  naming: {
    property: "bucket",
    scope: "global",
    auto: { limit: 63, lower: true },
    taken: "BucketAlreadyExists: the bucket name is not available, it is shared by all users of the system",
  },
  id: (making) => given(making, "bucket"),
  behind: async ({ world, id }) => {
    await world.backend.bucket.ensure({ name: id, host: `s3.${world.region}.${dnsSuffixOf(world.region)}` });
    await spreadBucket(world, id);
    return undefined;
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "s3", `:${id}`, "none").replace("s3::::", "s3:::"),
    bucketDomainName: ({ world, id }) => `${id}.s3.${dnsSuffixOf(world.region)}`,
    bucketRegionalDomainName: ({ world, id }) => `${id}.s3.${world.region}.${dnsSuffixOf(world.region)}`,
    bucketRegion: ({ world }) => world.region,
    requestPayer: () => "BucketOwner",
  },
  release: async ({ world, record }) => {
    if (record.inputs.forceDestroy === true) await world.backend.bucket.empty(record.id);
    else if (!(await world.backend.bucket.isEmpty(record.id)))
      throw new Refused(
        `BucketNotEmpty: The bucket "${record.id}" you tried to delete is not empty. You must delete all versions in the bucket.`,
      );
  },
  remove: ({ world, record }) => world.backend.bucket.remove(record.id),
};

/** A setting of a bucket: the API puts it, and it goes with the bucket. */
function setting(rules: Readonly<Record<string, Rule>>, more: Partial<Kind> = {}): Kind {
  return {
    inputs: {
      bucket: { refers: { to: t.bucket, by: ["id", "arn"], atDelete: "cascade" }, replaces: true },
      ...rules,
    },
    id: (making) => given(making, "bucket"),
    puts: true,
    ...more,
  };
}

const policy = setting(
  {},
  {
    refuse: (inputs) => wrongDocument(given({ inputs }, "policy"), "resource", "policy"),
    admit: ({ world, inputs, id }) => {
      const block = world.store.find(t.bucketPublicAccessBlock, id)?.inputs.blockPublicPolicy === true;
      const open = (statementsOf(given({ inputs }, "policy")) ?? []).some(
        ({ Effect, Principal, Condition }) =>
          Effect === "Allow" &&
          Condition === undefined &&
          (Principal === "*" ||
            (typeof Principal === "object" && [Principal.AWS ?? []].flat().includes("*"))),
      );
      if (block && open)
        throw new Refused(
          "AccessDenied: public policies are blocked by the BlockPublicPolicy block public access setting",
        );
    },
  },
);

export const s3: Readonly<Record<string, Kind>> = {
  [t.bucket]: bucket,
  [t.bucketOwnershipControls]: setting({
    "rule.objectOwnership": { options: ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] },
  }),
  [t.bucketPublicAccessBlock]: setting({
    blockPublicAcls: { default: false },
    blockPublicPolicy: { default: false },
    ignorePublicAcls: { default: false },
    restrictPublicBuckets: { default: false },
  }),
  [t.bucketVersioning]: setting(
    { "versioningConfiguration.status": { options: ["Enabled", "Suspended", "Disabled"] } },
    {
      admit: ({ inputs, old }) => {
        const status = (from: typeof inputs) => {
          const configuration = from.versioningConfiguration;
          return typeof configuration === "object" && configuration !== null && !Array.isArray(configuration)
            ? textOf(configuration, "status")
            : "";
        };
        if (status(inputs) === "Disabled" && old !== undefined && status(old.inputs) !== "Disabled")
          throw new Refused(
            'MalformedXML: versioning of a bucket can only be "Suspended" once it was "Enabled"',
          );
      },
    },
  ),
  [t.bucketEncryption]: setting({
    "rules[].applyServerSideEncryptionByDefault.sseAlgorithm": {
      options: ["AES256", "aws:kms", "aws:kms:dsse"],
    },
    "rules[].applyServerSideEncryptionByDefault.kmsMasterKeyId": {
      refers: { to: t.key, by: ["id", "arn"], atDelete: "leave", unless: /alias\/aws\// },
    },
  }),
  [t.bucketLifecycle]: setting({
    rules: { required: true, range: [1, 1000] },
    "rules[].id": { range: [1, 255] },
    "rules[].status": { options: ["Enabled", "Disabled"] },
  }),
  [t.bucketPolicy]: policy,
};
