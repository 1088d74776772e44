/** The sizes of AWS as docs/sizes.md shows them. */
import type { SizeTable } from "../estimate.ts";
import { everything, lifecycles, sizesInOrder } from "../sizeRows.ts";
import { listenersPerBalancer, usersPerGroup } from "./limits.ts";
import { estimate } from "./prices.ts";
import { zoneCount } from "./regions.ts";
import type { AwsSettings } from "./settings.ts";
import { maxStorage, sizes } from "./sizes.ts";

const regions = ["us-east-1"];

const settings = (region: string): AwsSettings => ({
  region,
  account: undefined,
  network: { kind: "new", cidr: "10.0.0.0/16" },
  cluster: {
    kind: "new",
    version: "",
    endpoint: { access: "private", cidrs: [] },
    adminRoles: [],
    serviceCidr: undefined,
  },
  database: { kind: "new", version: "" },
  redis: { kind: "new", version: "" },
  dns: undefined,
});

export const awsSizeTable: SizeTable = {
  cloud: "AWS",
  regions,
  rows: sizesInOrder.flatMap((size) =>
    lifecycles.map((lifecycle) => {
      const { database, redis } = sizes[size];
      const pair = lifecycle === "production" ? "2 x " : "";
      return {
        size,
        lifecycle,
        nodes: "by EKS Auto Mode, as pods ask for them",
        database: `${pair}${database.instanceClass}, ${database.storage} GiB`,
        redis: `${pair}${redis.nodeType}`,
        estimates: regions.map((region) =>
          estimate({ settings: settings(region), size, lifecycle, needs: everything }),
        ),
      };
    }),
  ),
  limits: [
    `${usersPerGroup - 1} tenants on one cache, cells included`,
    `${listenersPerBalancer - 2} TCP ports on one load balancer`,
    `the database's disk grows by itself to ${maxStorage} GiB`,
    `a NAT gateway and a public address in each of ${zoneCount("us-east-1")} zones in production, one when disposable`,
  ],
};
