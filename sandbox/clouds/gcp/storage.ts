/** Cloud Storage: real buckets, and whose pods open them. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { membership } from "./iam.ts";
import { t } from "./types.ts";
import { given, guarded, numberOf, podOf, projectOf, time, wrongLabels } from "./words.ts";

const bucket: Kind = guarded("storage", {
  everywhere: true,
  inputs: {
    name: {
      pattern: /^(?!goog)(?!.*google)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
      says: 'lower-case letters, digits, -, _ and ., and neither begin with "goog" nor hold "google"',
      range: [3, 63],
      replaces: true,
    },
    location: { required: true, replaces: true },
    storageClass: {
      options: ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL"],
      default: "STANDARD",
    },
    publicAccessPrevention: { options: ["enforced", "inherited"], default: "inherited" },
    uniformBucketLevelAccess: { default: false },
    "lifecycleRules[].action.type": {
      options: ["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"],
    },
    "lifecycleRules[].condition.withState": { options: ["LIVE", "ARCHIVED", "ANY", ""] },
    forceDestroy: { default: false },
    project: { replaces: true },
  },
  naming: {
    property: "name",
    scope: "global",
    auto: { limit: 63, lower: true },
    taken:
      "Error 409: The requested bucket name is not available. The bucket namespace is shared by all users of the system, conflict",
  },
  refuse: (inputs) => {
    const soft = inputs.softDeletePolicy;
    const seconds =
      typeof soft === "object" && soft !== null && "retentionDurationSeconds" in soft
        ? Number(soft.retentionDurationSeconds)
        : 604_800;
    return [
      ...wrongLabels(inputs),
      ...(seconds === 0 || (seconds >= 604_800 && seconds <= 7_776_000)
        ? []
        : [`"softDeletePolicy.retentionDurationSeconds" must be 0 or 604800 to 7776000, not ${seconds}`]),
    ];
  },
  id: (making) => given(making, "name"),
  outputs: {
    url: ({ id }) => `gs://${id}`,
    selfLink: ({ id }) => `https://www.googleapis.com/storage/v1/b/${id}`,
    projectNumber: (making) => Number(numberOf(projectOf(making))),
    location: ({ inputs }) => given({ inputs }, "location").toUpperCase(),
    timeCreated: ({ created }) => time(created),
    rpo: () => "DEFAULT",
    softDeletePolicy: ({ inputs, created }) =>
      inputs.softDeletePolicy ?? { retentionDurationSeconds: 604_800, effectiveTime: time(created) },
  },
  behind: async ({ world, id }) => {
    await world.backend.bucket.ensure({ name: id, host: "storage.googleapis.com" });
    return undefined;
  },
  release: async ({ world, record }) => {
    if (record.inputs.forceDestroy === true) await world.backend.bucket.empty(record.id);
    else if (!(await world.backend.bucket.isEmpty(record.id)))
      throw new Refused(
        `Error trying to delete bucket ${record.id} containing objects without \`force_destroy\` set to true: Error 409: The bucket you tried to delete is not empty., conflict`,
      );
  },
  remove: ({ world, record }) => world.backend.bucket.remove(record.id),
});

/** Roles on a bucket that let a member read or write objects: here both. */
const opening: readonly string[] = [
  "roles/storage.admin",
  "roles/storage.objectAdmin",
  "roles/storage.objectUser",
  "roles/storage.objectViewer",
  "roles/storage.objectCreator",
  "roles/storage.legacyObjectOwner",
  "roles/storage.legacyObjectReader",
];
/** Those that do not. */
const closed: readonly string[] = ["roles/storage.legacyBucketReader", "roles/storage.bucketViewer"];

/** @throws Refused for a role that might open the bucket, or open it to everyone: nothing here would show it */
function requireKnown(inputs: CloudRecord["inputs"]): void {
  const role = textOf(inputs, "role");
  const known = [...opening, ...closed];
  if (!known.includes(role))
    throw new Refused(
      `Error 400: Role ${role} is not supported for this resource. The simulated cloud knows ${known.join(", ")}., badRequest`,
    );
  if (/^all(Authenticated)?Users$/.test(textOf(inputs, "member")) && opening.includes(role))
    throw new Refused("Error 400: the simulated cloud opens no bucket to everyone., badRequest");
}

/** Tells the backend which pods a member of the policy is. Only pods come with an identity here. */
async function allow(world: World, { id, inputs }: Pick<CloudRecord, "id" | "inputs">): Promise<void> {
  const member = textOf(inputs, "member");
  const pod = podOf(world, member);
  if (pod === undefined) return;
  const bucket = textOf(inputs, "bucket");
  const buckets = opening.includes(textOf(inputs, "role")) ? [bucket] : [];
  await world.backend.identity.ensure({ id, ...pod, principal: member, buckets });
}

const bucketMember = membership(
  "storage",
  "bucket",
  { refers: { to: t.bucket, by: ["name", "id"], atDelete: "cascade" }, replaces: true },
  {
    admit: ({ world, inputs }) => {
      const home = world.store.find(t.bucket, given({ inputs }, "bucket"));
      if (textOf(inputs, "member").startsWith("principal") && home?.inputs.uniformBucketLevelAccess !== true)
        throw new Refused(
          "Error 400: principals of workload identity need uniform bucket-level access on the bucket., invalid",
        );
      if (home?.inputs.publicAccessPrevention === "enforced" && /^all/.test(textOf(inputs, "member")))
        throw new Refused("Error 412: the bucket's public access prevention is enforced., conditionNotMet");
      requireKnown(inputs);
    },
    behind: async ({ world, id, inputs }) => {
      await allow(world, { id, inputs });
      return undefined;
    },
    remove: ({ world, record }) => world.backend.identity.remove(record.id),
  },
);

export const storage: Readonly<Record<string, Kind>> = {
  [t.bucket]: bucket,
  [t.bucketMember]: bucketMember,
};
