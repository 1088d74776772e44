/** Which part of a VPC's range each subnet has: apart from resources, so that a table can test it. */
import { partOf, rangeOf } from "../cidr.ts";

/**
 * Three quarters for the private subnets, where every pod has an address of its own; a sixteenth each for the public
 * ones, where only load balancers and gateways are. Subnets keep their place whatever the number of zones.
 */
export function subnetPlan(cidr: string, zones: number): { private: string[]; public: string[] } {
  const range = rangeOf(cidr);
  const each = Array.from({ length: zones }, (_, index) => index);
  return {
    private: each.map((index) => partOf(range, 2, index)),
    public: each.map((index) => partOf(range, 4, 12 + index)),
  };
}
