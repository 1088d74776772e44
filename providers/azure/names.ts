/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

interface Limit {
  readonly max: number;
  /** Between the parts of a name; none where the service takes letters and digits only. */
  readonly separator: "-" | "";
}

/**
 * Longest name by kind, from the naming rules of Azure Resource Manager. All are lower-case letters, digits and single
 * dashes, begin with a letter and end in a letter or digit, which is what the strictest of them (vaults, containers) ask
 * for. Names of networks and their parts are held to the 63 that an overlay cluster allows (AKS, Azure CNI Overlay);
 * 44 is what every plan of Azure Managed Redis takes.
 */
const limits = {
  resourceGroup: { max: 63, separator: "-" },
  network: { max: 63, separator: "-" },
  subnet: { max: 63, separator: "-" },
  securityGroup: { max: 63, separator: "-" },
  privateEndpoint: { max: 63, separator: "-" },
  zoneLabel: { max: 63, separator: "-" },
  zoneLink: { max: 80, separator: "-" },
  publicAddress: { max: 80, separator: "-" },
  cluster: { max: 63, separator: "-" },
  dnsPrefix: { max: 54, separator: "-" },
  identity: { max: 128, separator: "-" },
  federatedCredential: { max: 120, separator: "-" },
  lock: { max: 90, separator: "-" },
  database: { max: 63, separator: "-" },
  cache: { max: 44, separator: "-" },
  storageAccount: { max: 24, separator: "" },
  container: { max: 63, separator: "-" },
  vault: { max: 24, separator: "-" },
  vaultSecret: { max: 127, separator: "-" },
} as const satisfies Record<string, Limit>;

export type NameKind = keyof typeof limits;
export const nameKinds = Object.keys(limits).filter((kind): kind is NameKind => kind in limits);

export function longestName(kind: NameKind): number {
  return limits[kind].max;
}

/** Of the hexadecimal hash in a name that was cut. */
const hashLength = 6;

/**
 * `parts` behind `portolan`, then `suffix` where a name stays reserved after deletion or must differ from everybody's.
 * A name that is too long, or that lost characters, carries a short hash of all of it instead, so that two different
 * ones never become the same.
 */
export function physicalName(kind: NameKind, parts: readonly string[], suffix?: string): string {
  const { max, separator } = limits[kind];
  const wanted = ["portolan", ...parts].join("-");
  const clean = tidy(wanted.toLowerCase().replace(/[^a-z0-9-]/g, "-"));
  const body = joined(clean, separator);
  const tail = suffix ? `${separator}${suffix}` : "";
  if (clean === wanted && body.length + tail.length <= max) return `${body}${tail}`;
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, hashLength);
  const room = max - tail.length - hashLength - separator.length;
  return `${tidy(body.slice(0, room))}${separator}${hash}${tail}`;
}

/** As `physicalName`, with a suffix that is known only once it is made. */
export function suffixedName(
  kind: NameKind,
  parts: readonly string[],
  suffix: pulumi.Output<string>,
): pulumi.Output<string> {
  return suffix.apply((known) => physicalName(kind, parts, known));
}

function joined(name: string, separator: string): string {
  return separator === "" ? name.replaceAll("-", "") : name;
}

function tidy(name: string): string {
  return name.replace(/-{2,}/g, "-").replace(/^-|-$/g, "");
}
