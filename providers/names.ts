/** Physical names within a service's limits. Each cloud says its own limits in its `names.ts`. */
import { createHash } from "node:crypto";

export interface NameLimit {
  readonly max: number;
  /** Between the parts of a name; none where the service takes letters and digits only. Default: a dash. */
  readonly separator?: "-" | "";
}

/** Of the hexadecimal hash in a name that was cut. */
const hashLength = 6;

/**
 * `parts` joined by dashes behind `portolan`, then `suffix` where a name stays reserved after deletion or must differ
 * from everybody's. Lower-case letters, digits and single dashes, a letter first, a letter or digit last. A name that is
 * too long, or that lost characters, carries a short hash of all of it instead, so that two different ones never become
 * the same.
 */
export function nameWithin(limit: NameLimit, parts: readonly string[], suffix?: string): string {
  const { max, separator = "-" } = limit;
  const wanted = ["portolan", ...parts].join("-");
  const clean = tidy(wanted.toLowerCase().replace(/[^a-z0-9-]/g, "-"));
  const body = separator === "" ? clean.replaceAll("-", "") : clean;
  const tail = suffix ? `${separator}${suffix}` : "";
  if (clean === wanted && body.length + tail.length <= max) return `${body}${tail}`;
  const room = max - tail.length - hashLength - separator.length;
  return `${tidy(body.slice(0, room))}${separator}${shortHash(JSON.stringify(parts))}${tail}`;
}

/** Tells two texts apart that lose their difference when they are cut. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, hashLength);
}

function tidy(name: string): string {
  return name.replace(/-{2,}/g, "-").replace(/^-|-$/g, "");
}
