/** The edge's domain in Route 53: one record for it and one for every host below, so that a tenant needs none. */
import { getHostedZoneIdOutput } from "@pulumi/aws/lb/getHostedZoneId.js";
import { getZoneOutput } from "@pulumi/aws/route53/getZone.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import type * as pulumi from "@pulumi/pulumi";
import { type Mistake, refuse } from "../mistakes.ts";
import { inZone } from "../zone.ts";
import type { Scope } from "./scope.ts";

/**
 * Aliases, which follow the balancer's addresses, cost nothing, and may stand at the zone's own name, where a CNAME may
 * not. Other records of the zone win over the wildcard.
 */
export function edgeRecords(
  scope: Scope,
  zoneId: string,
  domain: string,
  address: pulumi.Output<string>,
): DnsRecord[] {
  const { name, parent } = scope;
  const balancers = getHostedZoneIdOutput({ loadBalancerType: "network" }, { parent });
  const checked = getZoneOutput({ zoneId }, { parent }).name.apply((found) => {
    refuse(zoneMistakes(zoneId, domain, found));
    return zoneId;
  });
  const records = { domain, hosts: `*.${domain}` };
  return Object.entries(records).map(
    ([part, host]) =>
      new DnsRecord(
        `${name}-${part}`,
        {
          zoneId: checked,
          name: host,
          type: "A",
          aliases: [{ name: address, zoneId: balancers.id, evaluateTargetHealth: false }],
        },
        { parent },
      ),
  );
}

/** `found`: the zone's own name. In another zone, Route 53 would take the records below that name, where nobody asks. */
export function zoneMistakes(zoneId: string, domain: string, found: string): Mistake[] {
  if (inZone(domain, found)) return [];
  const zone = found.replace(/\.$/, "");
  return [
    {
      key: "dns.zoneId",
      value: zoneId,
      allowed: `the hosted zone of ${domain}, which is edge.domain, or of a domain above it; this one is of ${zone}`,
      remedy: "name that zone, or change portolan:edge.domain",
    },
  ];
}
