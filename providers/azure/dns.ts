/** The edge's domain in Azure DNS: one record for it and one for every host below, so that a tenant needs none. */
import { RecordSet } from "@pulumi/azure-native/dns/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";
import type { AzureSettings } from "./settings.ts";

export function edgeRecords(
  { name, parent }: Scope,
  { zone, resourceGroup }: NonNullable<AzureSettings["dns"]>,
  domain: string,
  address: pulumi.Output<string>,
): RecordSet[] {
  return Object.entries(relativeNames(zone, domain)).map(
    ([part, relativeRecordSetName]) =>
      new RecordSet(
        `${name}-${part}`,
        {
          zoneName: zone,
          resourceGroupName: resourceGroup,
          recordType: "A",
          relativeRecordSetName,
          ttl: 300,
          aRecords: [{ ipv4Address: address }],
        },
        { parent },
      ),
  );
}

/** `apps` and `*.apps` for the domain apps.example.com in the zone example.com, `@` and `*` for the zone's own. */
export function relativeNames(zone: string, domain: string): { domain: string; hosts: string } {
  const below = domain.slice(0, -(zone.length + 1));
  return below === "" ? { domain: "@", hosts: "*" } : { domain: below, hosts: `*.${below}` };
}
