/** The edge's domain in Azure DNS: one record for every host below it, so that a tenant needs none of its own. */
import { RecordSet } from "@pulumi/azure-native/dns/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";
import type { AzureSettings } from "./settings.ts";

export function wildcardRecord(
  { name, parent }: Scope,
  { zone, resourceGroup }: NonNullable<AzureSettings["dns"]>,
  domain: string,
  address: pulumi.Output<string>,
): RecordSet {
  return new RecordSet(
    `${name}-hosts`,
    {
      zoneName: zone,
      resourceGroupName: resourceGroup,
      recordType: "A",
      relativeRecordSetName: relativeName(zone, domain),
      ttl: 300,
      aRecords: [{ ipv4Address: address }],
    },
    { parent },
  );
}

/** `*.apps` for the domain apps.example.com in the zone example.com, `*` for the zone's own. */
export function relativeName(zone: string, domain: string): string {
  const below = domain === zone ? "" : domain.slice(0, -(zone.length + 1));
  return below === "" ? "*" : `*.${below}`;
}
