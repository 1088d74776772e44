/** Names, links and guards as Google Cloud has them. */
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused, type Rule, type Settings, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";

/** The text of an input. */
export function given({ inputs }: { inputs: PlainBag }, key: string): string {
  return textOf(inputs, key);
}

/** The project that a resource is in: its own word, else the provider's. */
export function projectOf({ world, inputs }: Pick<Making, "world" | "inputs">): string {
  return textOf(inputs, "project") || world.account;
}

/** The number that Google gives a project: here made of its id. */
export function numberOf(project: string): string {
  return String(100_000_000_000 + (Number.parseInt(digest(10, "project", project), 16) % 899_999_999_999));
}

/** `https://www.googleapis.com/compute/v1/projects/...` of a resource of Compute Engine. */
export function selfLink(id: string): string {
  return `https://www.googleapis.com/compute/v1/${id}`;
}

/** `projects/P/COLLECTION/NAME`, e.g. with `regions/us-east1/subnetworks`. */
export function path(making: Pick<Making, "world" | "inputs">, collection: string, key = "name"): string {
  return `projects/${projectOf(making)}/${collection}/${given(making, key)}`;
}

/** A time, given in ms since 1970, as Google writes it. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** An UUID that is the same for the same parts. */
export function uuid(...parts: readonly string[]): string {
  return digest(32, ...parts).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Names of Compute Engine and of most others (RFC 1035). */
export function label(most: number): Rule & { readonly replaces: true } {
  return {
    pattern: /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
    says: "lower-case letters, digits and -, a letter first, no - at the end",
    range: [1, most],
    replaces: true,
  };
}

const every = ["id", "selfLink", "name"] as const;
/** A network or subnet, by whatever names it. */
export const inNetwork = { refers: { to: t.network, by: every }, replaces: true } as const;
export const inSubnet = { refers: { to: t.subnet, by: every }, replaces: true } as const;
export const anyName = every;

/** Whose leave a policy names. */
export const member = {
  pattern:
    /^(allUsers|allAuthenticatedUsers|(user|group|domain|serviceAccount):.+|principal(Set)?:\/\/iam\.googleapis\.com\/.+)$/,
  says: 'like "serviceAccount:x@y.iam.gserviceaccount.com" or "principal://iam.googleapis.com/..."',
  replaces: true,
  refers: {
    to: t.serviceAccount,
    by: ["member"],
    atDelete: "leave",
    // Those of programs are records here; people, pods and Google's own agents are not.
    unless: /^(?!serviceAccount:)|@(?![a-z0-9-]+\.iam\.)|@[a-z-]+-robot\.iam\./,
  },
} as const;
export const role = {
  pattern: /^(roles\/[\w.]+|(projects|organizations)\/[^/]+\/roles\/[\w.]+)$/,
  says: 'like "roles/storage.objectUser"',
  replaces: true,
} as const;

/** Switched on in every project: by whoever makes one, and by Google itself. */
const onFromTheStart = ["serviceusage", "cloudresourcemanager", "storage", "logging", "monitoring"];

/** @throws Refused when a project's API is off */
function requireApi(making: Making, api: string): void {
  if (onFromTheStart.includes(api)) return;
  const project = projectOf(making);
  const on = making.world.store.find(t.service, `${project}/${api}.googleapis.com`);
  if (on !== undefined && on.inputs.service !== undefined) return;
  throw new Refused(
    `Error 403: ${api}.googleapis.com has not been used in project ${numberOf(project)} before or it is disabled. Enable it (gcloud services enable ${api}.googleapis.com), then retry., SERVICE_DISABLED`,
  );
}

const policies = ["DELETE", "PREVENT", "ABANDON"] as const;
const isAbandoned = ({ inputs }: CloudRecord): boolean => inputs.deletionPolicy === "ABANDON";

/** What holds for everything: its API must be on, and `deletionPolicy` keeps the provider from deleting it. */
export function guarded(api: string, kind: Kind): Kind {
  return {
    ...kind,
    inputs: { ...kind.inputs, deletionPolicy: { options: policies } },
    ...withApi(api, kind),
    protectedBy: (record) =>
      record.inputs.deletionPolicy === "PREVENT"
        ? `${record.type} "${record.id}" cannot be destroyed: its deletionPolicy is PREVENT. Set it to DELETE and run \`pulumi up\` first`
        : kind.protectedBy?.(record),
    release: async (deleting) => {
      if (!isAbandoned(deleting.record)) await kind.release?.(deleting);
    },
    remove: async (deleting) => {
      if (!isAbandoned(deleting.record)) await kind.remove?.(deleting);
    },
    keeps: (record) =>
      isAbandoned(record)
        ? {
            hours: Number.POSITIVE_INFINITY,
            why: "deletionPolicy ABANDON: it is there, and nobody's resource",
          }
        : kind.keeps?.(record),
  };
}

/** The same without `deletionPolicy`, which members of policies and key rings have not. */
export function withApi(api: string, kind: Kind): Kind {
  return {
    ...kind,
    admit: (making) => {
      if (making.old === undefined) requireApi(making, api);
      kind.admit?.(making);
    },
  };
}

/** Keys and values of labels: an object of sentences about what is wrong. */
export function wrongLabels(inputs: PlainBag, key = "labels"): readonly string[] {
  const labels = inputs[key];
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return [];
  return Object.entries(labels).flatMap(([name, value]) =>
    /^[a-z][a-z0-9_-]{0,62}$/.test(name) && typeof value === "string" && /^[a-z0-9_-]{0,63}$/.test(value)
      ? []
      : [
          `"${key}" must be lower-case letters, digits, - and _, 63 at most, not ${JSON.stringify({ [name]: value })}`,
        ],
  );
}

/** The project of a record's world has a cluster, and with it the pool of its pods' identities. */
export function hasPool(world: World, project: string): boolean {
  return world.store.living([t.cluster]).some(({ account }) => account === project);
}

const podMember =
  /^principal:\/\/iam\.googleapis\.com\/projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\.svc\.id\.goog\/subject\/ns\/([^/]+)\/sa\/([^/]+)$/;

/**
 * The pods' ServiceAccount that a member is; undefined for any other.
 * @throws Refused where its pool does not exist, and for many pods at once
 */
export function podOf(
  world: World,
  text: string,
): { readonly namespace: string; readonly serviceAccount: string } | undefined {
  if (text.startsWith("principalSet://"))
    throw new Refused(
      `Error 400: the simulated cloud lets pods in one ServiceAccount at a time, by principal://, not ${text}., badRequest`,
    );
  if (!text.startsWith("principal://")) return undefined;
  const [, number = "", project = "", namespace, serviceAccount] = podMember.exec(text) ?? [];
  if (namespace === undefined || serviceAccount === undefined)
    throw new Refused(`Error 400: Invalid principal ${text}., badRequest`);
  if (number !== numberOf(project) || !hasPool(world, project))
    throw new Refused(
      `Error 400: Identity Pool does not exist (${project}.svc.id.goog, of project ${number}). Please check that you specified a valid resource name as returned in the \`name\` attribute in the configuration API., badRequest`,
    );
  return { namespace, serviceAccount };
}

/** Default labels of the provider with the resource's own. */
export function labelsOf(settings: Pick<Settings, "config">, inputs: PlainBag): Record<string, Plain> {
  const bag = (value: Plain | undefined): PlainBag =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  return { ...bag(settings.config.defaultLabels), ...bag(inputs.labels), ...bag(inputs.resourceLabels) };
}
