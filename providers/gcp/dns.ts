/** The edge's domain in Cloud DNS: one record for it and one for every host below, so that a tenant needs none. */
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";

export function edgeRecords(
  scope: Scope,
  zone: string,
  domain: string,
  address: pulumi.Output<string>,
): RecordSet[] {
  const { name, parent } = scope;
  const records = { domain: `${domain}.`, hosts: `*.${domain}.` };
  return Object.entries(records).map(
    ([part, host]) =>
      new RecordSet(
        `${name}-${part}`,
        { managedZone: zone, name: host, type: "A", ttl: 300, rrdatas: [address] },
        { parent, dependsOn: scope.apis },
      ),
  );
}
