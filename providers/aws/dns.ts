/** The edge's domain in Route 53: one record for every host below it, so that a tenant needs none of its own. */
import { getHostedZoneIdOutput } from "@pulumi/aws/lb/getHostedZoneId.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";

/** An alias, which follows the balancer's addresses and costs nothing. Other records of the zone win over it. */
export function wildcardRecord(
  scope: Scope,
  zoneId: string,
  domain: string,
  address: pulumi.Output<string>,
): DnsRecord {
  const { name, parent } = scope;
  const balancers = getHostedZoneIdOutput({ loadBalancerType: "network" }, { parent });
  return new DnsRecord(
    `${name}-hosts`,
    {
      zoneId,
      name: `*.${domain}`,
      type: "A",
      aliases: [{ name: address, zoneId: balancers.id, evaluateTargetHealth: false }],
    },
    { parent },
  );
}
