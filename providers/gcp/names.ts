/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Longest name by kind. Sources: the provider's own checks (compute, cluster, cache, service account), Cloud SQL's
 * "project:instance" of 98 less the longest project (30), and each service's API reference. What every name has is what
 * the strictest of them ask for: lower case, a letter first, a letter or digit last, no dot, and never `goog` in front.
 */
const limits = {
  network: 63,
  subnet: 63,
  router: 63,
  address: 63,
  forwardingRule: 63,
  cluster: 40,
  serviceAccount: 30,
  keyRing: 63,
  database: 67,
  zone: 63,
  cache: 40,
  bucket: 63,
  secret: 255,
} as const satisfies Record<string, number>;

export type NameKind = keyof typeof limits;

/** Of the hexadecimal hash in a name that was cut, and of the platform's suffix. */
const hashLength = 6;

/**
 * `parts` joined by dashes behind `portolan`, then `suffix` where a name stays reserved after deletion or must differ
 * from everybody's. A name that is too long, or that lost characters, carries a short hash of all of it instead, so
 * that two different ones never become the same.
 */
export function physicalName(kind: NameKind, parts: readonly string[], suffix?: string): string {
  const max = limits[kind];
  const wanted = ["portolan", ...parts].join("-");
  const clean = tidy(wanted.toLowerCase().replace(/[^a-z0-9-]/g, "-"));
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

/** A value of a label: at most 63 of lower case, digits, dashes and underscores. */
export function labelValue(text: string): string {
  const clean = text.toLowerCase().replace(/[^a-z0-9_-]/g, "-");
  if (clean === text && clean.length <= 63) return clean;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, hashLength);
  return `${clean.slice(0, 63 - hashLength - 1)}-${hash}`;
}

function tidy(name: string): string {
  return name.replace(/-{2,}/g, "-").replace(/^-|-$/g, "");
}
