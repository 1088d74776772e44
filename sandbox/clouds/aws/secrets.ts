/** Secrets Manager. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { keyRef } from "./keys.ts";
import { t } from "./types.ts";
import { arn, freshId, given, uuid } from "./words.ts";

const toSecret = {
  refers: { to: t.secret, by: ["id", "arn"], atDelete: "cascade" },
  replaces: true,
} as const;

const recovery = (value: unknown): number => (typeof value === "number" ? value : 30);

const secret: Kind = {
  inputs: {
    name: { pattern: /^[\w/+=.@-]+$/, says: "letters, digits and /_+=.@-", range: [1, 512], replaces: true },
    recoveryWindowInDays: { default: 30, range: [0, 30] },
    kmsKeyId: keyRef,
    description: { range: [0, 2048] },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 512 },
    taken: "ResourceExistsException: The operation failed because the secret already exists",
  },
  refuse: (inputs) => {
    const days = recovery(inputs.recoveryWindowInDays);
    return days > 0 && days < 7 ? [`"recoveryWindowInDays" must be 0 or 7 to 30, not ${days}`] : [];
  },
  id: ({ world, inputs }) => {
    const name = given({ inputs }, "name");
    return arn(world, "secretsmanager", `secret:${name}-${digest(6, name, freshId("secret"))}`);
  },
  outputs: { arn: ({ id }) => id },
  remove: ({ world, record }) => world.backend.secrets.remove(record.id),
  keeps: ({ inputs }) => {
    const days = recovery(inputs.recoveryWindowInDays);
    return days === 0
      ? undefined
      : { hours: days * 24, why: "a secret with this name is already scheduled for deletion" };
  },
};

const secretVersion: Kind = {
  inputs: {
    secretId: toSecret,
    secretString: { secret: true, range: [1, 65536], replaces: true },
    secretBinary: { secret: true, replaces: true },
  },
  refuse: (inputs) =>
    ["secretString", "secretBinary", "secretStringWo"].some((key) => inputs[key] !== undefined)
      ? []
      : ['one of "secretString" and "secretBinary" is needed'],
  id: ({ inputs }) => `${given({ inputs }, "secretId")}|${uuid(freshId("version"))}`,
  // The newest version is the current one.
  behind: async ({ world, inputs }) => {
    const of = world.store
      .living([t.secret])
      .find(({ id, outputs }) => [id, outputs.arn].includes(given({ inputs }, "secretId")));
    if (of === undefined || typeof inputs.secretString !== "string") return undefined;
    const name = given(of, "name");
    const { id, region } = of;
    await world.backend.secrets.ensure({ id, store: region, name, resource: id, value: inputs.secretString });
    return undefined;
  },
  outputs: {
    arn: ({ inputs }) => inputs.secretId,
    secretArn: ({ inputs }) => inputs.secretId,
    versionId: ({ id }) => id.split("|")[1],
    versionStages: ({ inputs }) => inputs.versionStages ?? ["AWSCURRENT"],
    hasSecretStringWo: () => false,
  },
};

const secretRotation: Kind = {
  inputs: { secretId: toSecret },
  puts: true,
  id: (making) => given(making, "secretId"),
  admit: ({ world, inputs }) => {
    const id = given({ inputs }, "secretId");
    const managed = /:secret:rds!/.test(id);
    if (!managed && inputs.rotationLambdaArn === undefined && inputs.rotationEnabled !== false)
      throw new Refused(
        "InvalidRequestException: No Lambda rotation function ARN is associated with this secret.",
      );
    if (world.store.find(t.secret, id) === undefined) throw new Refused(`ResourceNotFoundException: ${id}`);
  },
  outputs: { rotationEnabled: ({ inputs }) => inputs.rotationEnabled ?? true },
};

export const secrets: Readonly<Record<string, Kind>> = {
  [t.secret]: secret,
  [t.secretVersion]: secretVersion,
  [t.secretRotation]: secretRotation,
};
