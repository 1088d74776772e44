/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import type * as pulumi from "@pulumi/pulumi";
import { type NameLimit, nameWithin } from "../names.ts";

/**
 * Longest name by kind. Sources: each service's API reference; the 64 characters of a role are IAM's own.
 * Every name begins with a letter, ends in a letter or digit and holds no double dash, which is what the strictest of
 * them (RDS identifiers, S3 buckets) ask for.
 */
const limits = {
  cluster: { max: 100 },
  database: { max: 63 },
  snapshot: { max: 255 },
  cache: { max: 40 },
  cacheUser: { max: 40 },
  cacheUserGroup: { max: 40 },
  cacheSnapshot: { max: 255 },
  bucket: { max: 63 },
  role: { max: 64 },
  keyAlias: { max: 250 },
} as const satisfies Record<string, NameLimit>;

export type NameKind = keyof typeof limits;

/** What a thing of this kind is called in the cloud: `nameWithin` says how. */
export function physicalName(kind: NameKind, parts: readonly string[], suffix?: string): string {
  return nameWithin(limits[kind], parts, suffix);
}

/** As `physicalName`, with a suffix that is known only once it is made. */
export function suffixedName(
  kind: NameKind,
  parts: readonly string[],
  suffix: pulumi.Output<string>,
): pulumi.Output<string> {
  return suffix.apply((known) => physicalName(kind, parts, known));
}
