/** KMS keys, log groups. */
import type { Kind } from "../core/kind.ts";
import { t } from "./types.ts";
import { arn, freshId, given, uuid } from "./words.ts";

/** A key by its id or ARN; what it encrypts is lost when it goes, and nobody refuses. */
export const keyRef = {
  refers: { to: t.key, by: ["arn", "id"], atDelete: "leave", unless: /alias\/aws\// },
} as const;

const windowOf = (value: unknown): number => (typeof value === "number" ? value : 30);

const key: Kind = {
  inputs: {
    deletionWindowInDays: { default: 30, range: [7, 30] },
    enableKeyRotation: { default: false },
    isEnabled: { default: true },
    keyUsage: {
      options: ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"],
      default: "ENCRYPT_DECRYPT",
      replaces: true,
    },
    customerMasterKeySpec: { default: "SYMMETRIC_DEFAULT", replaces: true },
    multiRegion: { replaces: true },
    rotationPeriodInDays: { range: [90, 2560] },
    description: { range: [0, 8192] },
  },
  id: () => uuid(freshId("key")),
  outputs: {
    arn: ({ world, id }) => arn(world, "kms", `key/${id}`),
    keyId: ({ id }) => id,
    rotationPeriodInDays: ({ inputs }) =>
      inputs.rotationPeriodInDays ?? (inputs.enableKeyRotation === true ? 365 : 0),
  },
  keeps: ({ inputs }) => ({
    hours: windowOf(inputs.deletionWindowInDays) * 24,
    why: "pending deletion: it opens nothing any more",
  }),
};

const alias: Kind = {
  inputs: {
    name: {
      pattern: /^alias\/(?!aws\/)[\w/-]+$/,
      says: 'like "alias/name", not "alias/aws/..."',
      range: [1, 256],
      replaces: true,
    },
    targetKeyId: { refers: { to: t.key, by: ["id", "arn"], atDelete: "leave" } },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 256, prefix: "alias/" },
    taken: "AlreadyExistsException: An alias with this name already exists",
  },
  id: (making) => given(making, "name"),
  outputs: {
    arn: ({ world, id }) => arn(world, "kms", id),
    targetKeyArn: ({ world, inputs }) =>
      world.store
        .living([t.key])
        .find(({ id, outputs }) => id === inputs.targetKeyId || outputs.arn === inputs.targetKeyId)?.outputs
        .arn,
  },
};

const days = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const logGroup: Kind = {
  inputs: {
    name: { pattern: /^[\w./#-]+$/, says: "letters, digits and _-/.#", range: [1, 512], replaces: true },
    retentionInDays: { options: days, default: 0 },
    kmsKeyId: keyRef,
    logGroupClass: {
      options: ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
      default: "STANDARD",
      replaces: true,
    },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 512 },
    taken: "ResourceAlreadyExistsException: The specified log group already exists",
  },
  id: (making) => given(making, "name"),
  outputs: { arn: ({ world, id }) => arn(world, "logs", `log-group:${id}`) },
  protectedBy: ({ inputs }) =>
    inputs.deletionProtectionEnabled === true
      ? "ValidationException: deletion protection of the log group is on"
      : undefined,
  keeps: ({ inputs }) =>
    inputs.skipDestroy === true
      ? { hours: Number.POSITIVE_INFINITY, why: "skipDestroy: it was only forgotten" }
      : undefined,
};

export const keys: Readonly<Record<string, Kind>> = {
  [t.key]: key,
  [t.alias]: alias,
  [t.logGroup]: logGroup,
};
