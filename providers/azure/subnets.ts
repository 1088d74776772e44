/** Which part of a network's range each subnet has: apart from resources, so that a table can test it. */
import { dotted, partOf, rangeOf } from "../cidr.ts";

export interface SubnetPlan {
  readonly nodes: string;
  readonly endpoints: string;
  readonly database: string;
}

/**
 * Half for the nodes (pods have addresses of an overlay), a quarter for private endpoints, an eighth for the database;
 * the rest stays free. A /24 still gives the database a /27, of which the service asks for a /28.
 */
export function subnetPlan(cidr: string): SubnetPlan {
  const range = rangeOf(cidr);
  return { nodes: partOf(range, 1, 0), endpoints: partOf(range, 2, 2), database: partOf(range, 3, 6) };
}

/** Tenth address of a range of Services: where AKS puts the cluster's DNS by default, and inside any range it takes. */
export function dnsAddress(serviceCidr: string): string {
  return dotted(rangeOf(serviceCidr).from + 10);
}
