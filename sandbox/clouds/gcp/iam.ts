/** A project's APIs, its accounts, and who has which role in it. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bagOf, textOf } from "../core/paths.ts";
import { t } from "./types.ts";
import { given, guarded, member, numberOf, podOf, projectOf, role, withApi } from "./words.ts";

/** APIs that this program and its add-ons have a use for: another word is a mistake here, as it is there. */
const apis = [
  "artifactregistry",
  "autoscaling",
  "certificatemanager",
  "cloudkms",
  "cloudresourcemanager",
  "compute",
  "container",
  "dns",
  "file",
  "iam",
  "iamcredentials",
  "logging",
  "memorystore",
  "monitoring",
  "networkconnectivity",
  "redis",
  "secretmanager",
  "servicenetworking",
  "serviceusage",
  "sqladmin",
  "storage",
].map((api) => `${api}.googleapis.com`);

const service: Kind = {
  everywhere: true,
  inputs: {
    service: { options: apis, replaces: true },
    project: { replaces: true },
    disableOnDestroy: { default: false },
    deletionPolicy: { options: ["DELETE", "PREVENT", "ABANDON"] },
  },
  // Switching on what is on already is no mistake.
  puts: true,
  id: (making) => `${projectOf(making)}/${given(making, "service")}`,
  keeps: ({ inputs }) =>
    inputs.disableOnDestroy === true
      ? undefined
      : { hours: Number.POSITIVE_INFINITY, why: "disableOnDestroy is false: the API stays on" },
};

const account = guarded("iam", {
  everywhere: true,
  inputs: {
    accountId: {
      pattern: /^[a-z][a-z0-9-]*[a-z0-9]$/,
      says: "lower-case letters, digits and -, a letter first",
      range: [6, 30],
      replaces: true,
    },
    displayName: { range: [0, 100] },
    description: { range: [0, 256] },
    project: { replaces: true },
  },
  naming: {
    property: "accountId",
    scope: "account",
    taken: "Error 409: Service account already exists within project, alreadyExists",
  },
  id: (making) =>
    `projects/${projectOf(making)}/serviceAccounts/${given(making, "accountId")}@${projectOf(making)}.iam.gserviceaccount.com`,
  // The provider waits ten seconds after it made one, and others may still not know it.
  settles: 150,
  outputs: {
    name: ({ id }) => id,
    email: ({ id }) => id.split("/").at(-1),
    member: ({ id }) => `serviceAccount:${id.split("/").at(-1)}`,
    uniqueId: ({ id, created }) => String(BigInt(`0x${digest(17, id, String(created))}`)),
  },
});

/** A role of one member in a policy: the policy is put, so the same once more is no mistake. */
export function membership(
  api: string,
  resource: string,
  rule: NonNullable<Kind["inputs"]>[string],
  more: Partial<Kind> = {},
): Kind {
  return withApi(api, {
    everywhere: true,
    inputs: {
      [resource]: rule,
      role,
      member,
      "condition.title": { range: [1, 100], replaces: true },
      "condition.expression": { range: [1, 12_288], replaces: true },
      condition: { replaces: true },
    },
    puts: true,
    id: (making) => {
      const title = textOf(bagOf(making.inputs, "condition"), "title");
      const of = given(making, resource) || projectOf(making);
      return [of, given(making, "role"), given(making, "member"), ...(title === "" ? [] : [title])].join("/");
    },
    outputs: { etag: ({ id }) => digest(12, id) },
    ...more,
    admit: (making) => {
      podOf(making.world, given(making, "member"));
      more.admit?.(making);
    },
  });
}

/** Roles with which a member reads values of secrets. */
const secretReaders = ["roles/secretmanager.secretAccessor", "roles/secretmanager.admin"];

/** @throws Refused for a role that would open all buckets of the project to pods, or might: no bucket here would know */
function requireNarrow(inputs: PlainBag): void {
  const given = textOf(inputs, "role");
  const isPod = textOf(inputs, "member").startsWith("principal");
  if (isPod && (!given.startsWith("roles/") || /^roles\/(storage\..*|owner|editor|viewer)$/.test(given)))
    throw new Refused(
      `Error 400: the simulated cloud opens buckets to pods by the buckets' own policies, not by ${given} in the project's., badRequest`,
    );
}

/** Patterns of what a condition lets pass. @throws Refused for what this cloud does not read */
function resourcesOf(inputs: PlainBag, project: string): string {
  const expression = textOf(bagOf(inputs, "condition"), "expression");
  if (expression === "") return `projects/${numberOf(project)}/secrets/*`;
  const [, prefix] = /^resource\.name\.startsWith\("([^"*?]+)"\)$/.exec(expression) ?? [];
  if (prefix !== undefined) return `${prefix}*`;
  throw new Refused(
    `Error 400: the simulated cloud reads resource.name.startsWith("...") alone, not ${expression}., badRequest`,
  );
}

/** Members of service agents must be those of this project. */
export const projectMember: Kind = membership(
  "cloudresourcemanager",
  "project",
  { replaces: true },
  {
    admit: ({ world, inputs }) => {
      const [, number] = /^serviceAccount:service-(\d+)@/.exec(textOf(inputs, "member")) ?? [];
      if (number !== undefined && number !== numberOf(world.account))
        throw new Refused(
          `Error 400: Service account ${textOf(inputs, "member")} does not exist., badRequest`,
        );
      requireNarrow(inputs);
      resourcesOf(inputs, world.account);
    },
    behind: async ({ world, id, inputs }) => {
      const principal = textOf(inputs, "member");
      const pod = podOf(world, principal);
      if (pod === undefined || !secretReaders.includes(textOf(inputs, "role"))) return undefined;
      const resources = [resourcesOf(inputs, textOf(inputs, "project") || world.account)];
      await world.backend.secrets.allow({ id, ...pod, principal, resources });
      return undefined;
    },
    remove: ({ world, record }) => world.backend.secrets.refuse(record.id),
  },
);

export const iam: Readonly<Record<string, Kind>> = {
  [t.service]: service,
  [t.serviceAccount]: account,
  [t.projectMember]: projectMember,
};
