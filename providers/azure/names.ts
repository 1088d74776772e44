/** Physical names within each service's limits, in one place. Logical names are chosen where a resource is made. */
import type * as pulumi from "@pulumi/pulumi";
import { type NameLimit, nameWithin } from "../names.ts";

/**
 * Longest name by kind, from the naming rules of Azure Resource Manager. All are lower-case letters, digits and single
 * dashes, begin with a letter and end in a letter or digit, which is what the strictest of them (vaults, containers) ask
 * for. Names of networks and their parts are held to the 63 that an overlay cluster allows (AKS, Azure CNI Overlay);
 * 44 is what every plan of Azure Managed Redis takes.
 */
const limits = {
  resourceGroup: { max: 63 },
  network: { max: 63 },
  subnet: { max: 63 },
  securityGroup: { max: 63 },
  privateEndpoint: { max: 63 },
  zoneLabel: { max: 63 },
  zoneLink: { max: 80 },
  publicAddress: { max: 80 },
  cluster: { max: 63 },
  dnsPrefix: { max: 54 },
  identity: { max: 128 },
  federatedCredential: { max: 120 },
  lock: { max: 90 },
  database: { max: 63 },
  cache: { max: 44 },
  storageAccount: { max: 24, separator: "" },
  container: { max: 63 },
  vault: { max: 24 },
  vaultSecret: { max: 127 },
} as const satisfies Record<string, NameLimit>;

export type NameKind = keyof typeof limits;
export const nameKinds = Object.keys(limits).filter((kind): kind is NameKind => kind in limits);

export function longestName(kind: NameKind): number {
  return limits[kind].max;
}

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
