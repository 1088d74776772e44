/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

interface Limit {
  readonly max: number;
  /** What may not stand in a name. */
  readonly forbidden: RegExp;
}

const lower = /[^a-z0-9-]/g;

/**
 * Longest name and alphabet by kind. Sources: each service's API reference; the 64 characters of a role are IAM's own.
 * Every name begins with a letter, ends in a letter or digit and holds no double dash, which is what the strictest of
 * them (RDS identifiers, S3 buckets) ask for.
 */
const limits = {
  cluster: { max: 100, forbidden: lower },
  database: { max: 63, forbidden: lower },
  snapshot: { max: 255, forbidden: lower },
  cache: { max: 40, forbidden: lower },
  cacheUser: { max: 40, forbidden: lower },
  cacheUserGroup: { max: 40, forbidden: lower },
  cacheSnapshot: { max: 255, forbidden: lower },
  bucket: { max: 63, forbidden: lower },
  role: { max: 64, forbidden: lower },
  keyAlias: { max: 250, forbidden: lower },
} as const satisfies Record<string, Limit>;

export type NameKind = keyof typeof limits;

/** Of the six hexadecimal characters of a cut name's hash, and of the platform's suffix. */
const hashLength = 6;

/**
 * `parts` joined by dashes behind `portolan`, then `suffix` where a name stays reserved after deletion or must differ
 * from everybody's. A name that is too long, or that lost characters, carries a short hash of all of it instead, so
 * that two different ones never become the same.
 */
export function physicalName(kind: NameKind, parts: readonly string[], suffix?: string): string {
  const { max, forbidden } = limits[kind];
  const wanted = ["portolan", ...parts].join("-");
  const clean = tidy(wanted.toLowerCase().replace(forbidden, "-"));
  const tail = suffix ? `-${suffix}` : "";
  if (clean === wanted && clean.length + tail.length <= max) return `${clean}${tail}`;
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, hashLength);
  return `${tidy(clean.slice(0, max - tail.length - hashLength - 1))}-${hash}${tail}`;
}

/** As `physicalName`, with a suffix that is known only once it is made. */
export function suffixedName(
  kind: NameKind,
  parts: readonly string[],
  suffix: pulumi.Output<string>,
): pulumi.Output<string> {
  return suffix.apply((known) => physicalName(kind, parts, known));
}

function tidy(name: string): string {
  return name.replace(/-{2,}/g, "-").replace(/^-|-$/g, "");
}
