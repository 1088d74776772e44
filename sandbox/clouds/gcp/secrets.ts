/** Secret Manager. */
import type { Kind } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { named } from "../core/references.ts";
import { t } from "./types.ts";
import { given, guarded, numberOf, path, projectOf, time, wrongLabels } from "./words.ts";

/** A secret by its id in full, by Google's name of it, or by the id in its project. */
export const secretNames = ["id", "name", "secretId"] as const;

const secret = guarded("secretmanager", {
  everywhere: true,
  inputs: {
    secretId: { pattern: /^[\w-]+$/, says: "letters, digits, _ and -", range: [1, 255], replaces: true },
    replication: { required: true, replaces: true },
    deletionProtection: { default: false },
    project: { replaces: true },
  },
  naming: {
    property: "secretId",
    scope: "account",
    taken: "Error 409: Secret already exists., alreadyExists",
  },
  refuse: (inputs) => wrongLabels(inputs),
  id: (making) => path(making, "secrets", "secretId"),
  outputs: {
    name: (making) => `projects/${numberOf(projectOf(making))}/secrets/${given(making, "secretId")}`,
    createTime: ({ created }) => time(created),
  },
  remove: ({ world, record }) => world.backend.secrets.remove(record.id),
  protectedBy: ({ id, inputs }) =>
    inputs.deletionProtection === true
      ? `cannot destroy secret ${id} without setting deletion_protection=false and running \`pulumi up\``
      : undefined,
});

const secretVersion = guarded("secretmanager", {
  everywhere: true,
  inputs: {
    secret: { refers: { to: t.secret, by: secretNames, atDelete: "cascade" }, replaces: true },
    secretData: { secret: true, range: [0, 65_536], replaces: true },
    enabled: { default: true },
  },
  refuse: (inputs) =>
    ["secretData", "secretDataWo"].some((key) => inputs[key] !== undefined)
      ? []
      : ['one of "secretData" and "secretDataWo" is needed'],
  id: ({ world, inputs }) => {
    const of = named(world, { to: t.secret, by: secretNames }, given({ inputs }, "secret"));
    const base = `${textOf(of?.outputs ?? {}, "name")}/versions/`;
    // Numbers of destroyed versions are not given again while the secret lives.
    const numbers = world.store
      .all()
      .filter(({ type, id }) => type === t.secretVersion && id.startsWith(base))
      .map(({ id }) => Number(id.slice(base.length)));
    return `${base}${Math.max(0, ...numbers) + 1}`;
  },
  // Numbers grow: the newest version is the latest.
  behind: async ({ world, inputs, id }) => {
    const of = named(world, { to: t.secret, by: secretNames }, given({ inputs }, "secret"));
    if (of === undefined || typeof inputs.secretData !== "string") return undefined;
    const name = textOf(of.inputs, "secretId");
    const value = inputs.secretData;
    await world.backend.secrets.ensure({ id: of.id, store: of.account, name, resource: id, value });
    return undefined;
  },
  outputs: {
    name: ({ id }) => id,
    version: ({ id }) => id.split("/").at(-1),
    createTime: ({ created }) => time(created),
  },
});

export const secrets: Readonly<Record<string, Kind>> = {
  [t.secret]: secret,
  [t.secretVersion]: secretVersion,
};
