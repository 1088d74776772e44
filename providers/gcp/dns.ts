/** The edge's domain in Cloud DNS: one record for it and one for every host below, so that a tenant needs none. */
import { getManagedZoneOutput } from "@pulumi/gcp/dns/getManagedZone.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import type * as pulumi from "@pulumi/pulumi";
import { type Mistake, refuse } from "../mistakes.ts";
import { inZone } from "../zone.ts";
import type { Scope } from "./scope.ts";

export function edgeRecords(
  scope: Scope,
  zone: string,
  domain: string,
  address: pulumi.Output<string>,
): RecordSet[] {
  const { name, parent } = scope;
  const invoke = { parent, dependsOn: scope.apis };
  const managedZone = getManagedZoneOutput({ name: zone }, invoke).apply((found) => {
    refuse(zoneMistakes(zone, domain, found));
    return zone;
  });
  const records = { domain: `${domain}.`, hosts: `*.${domain}.` };
  return Object.entries(records).map(
    ([part, host]) =>
      new RecordSet(
        `${name}-${part}`,
        { managedZone, name: host, type: "A", ttl: 300, rrdatas: [address] },
        { parent, dependsOn: scope.apis },
      ),
  );
}

/** `found`: what Cloud DNS says of the zone. In a private one the world finds no record. */
export function zoneMistakes(
  zone: string,
  domain: string,
  found: { readonly dnsName: string; readonly visibility: string },
): Mistake[] {
  if (inZone(domain, found.dnsName) && found.visibility === "public") return [];
  const of = `${found.visibility === "private" ? "a private zone " : ""}of ${found.dnsName.replace(/\.$/, "")}`;
  return [
    {
      key: "dns.zone",
      value: zone,
      allowed: `the public zone of ${domain}, which is edge.domain, or of a domain above it; this one is ${of}`,
      remedy: "name that zone, or change portolan:edge.domain",
    },
  ];
}
