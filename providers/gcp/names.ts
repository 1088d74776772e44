/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import type * as pulumi from "@pulumi/pulumi";
import { type NameLimit, nameWithin, shortHash } from "../names.ts";

/**
 * Longest name by kind. Sources: the provider's own checks (compute, cluster, cache, service account), Cloud SQL's
 * "project:instance" of 98 less the longest project (30), and each service's API reference. What every name has is what
 * the strictest of them ask for: lower case, a letter first, a letter or digit last, no dot, and never `goog` in front.
 */
const limits = {
  network: { max: 63 },
  subnet: { max: 63 },
  router: { max: 63 },
  address: { max: 63 },
  forwardingRule: { max: 63 },
  cluster: { max: 40 },
  serviceAccount: { max: 30 },
  keyRing: { max: 63 },
  database: { max: 67 },
  zone: { max: 63 },
  cache: { max: 40 },
  bucket: { max: 63 },
  secret: { max: 255 },
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

/** A value of a label: at most 63 of lower case, digits, dashes and underscores. */
export function labelValue(text: string): string {
  const clean = text.toLowerCase().replace(/[^a-z0-9_-]/g, "-");
  if (clean === text && clean.length <= 63) return clean;
  const hash = shortHash(text);
  return `${clean.slice(0, 63 - hash.length - 1)}-${hash}`;
}
