/** The sizes of Azure as docs/sizes.md shows them. */
import type { SizeTable } from "../estimate.ts";
import { everything, lifecycles, sizesInOrder } from "../sizeRows.ts";
import { estimate } from "./prices.ts";
import type { AzureSettings } from "./settings.ts";
import { sizeOf } from "./sizes.ts";

const regions = ["westeurope"];

const settings = (region: string): AzureSettings => ({
  region,
  subscriptionId: undefined,
  zones: ["1", "2", "3"],
  network: { kind: "new", cidr: "10.64.0.0/16" },
  privateZones: { database: undefined, redis: undefined, blob: undefined, file: undefined, vault: undefined },
  cluster: {
    kind: "new",
    version: "",
    endpoint: { access: "private", cidrs: [] },
    adminGroupObjectIds: [],
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.0.0.0/16",
    outbound: "loadBalancer",
  },
  login: "azurecli",
  database: { kind: "new", version: "", storage: undefined, geoRedundantBackup: false },
  redis: { kind: "new", isolation: "prefix" },
  vault: undefined,
  loadBalancer: "public",
  dns: undefined,
});

export const azureSizeTable: SizeTable = {
  cloud: "Azure",
  regions,
  rows: sizesInOrder.flatMap((size) =>
    lifecycles.map((lifecycle) => {
      const { nodes, database, redis } = sizeOf(size, lifecycle);
      const pair = lifecycle === "production" ? "2 x " : "";
      return {
        size,
        lifecycle,
        nodes: `${nodes.min} to ${nodes.max} x ${nodes.vmSize}`,
        database: `${pair}${database.sku}, ${database.storage} GiB`,
        redis: `${pair}${redis.sku}`,
        estimates: regions.map((region) =>
          estimate({ settings: settings(region), size, lifecycle, needs: everything }),
        ),
      };
    }),
  ),
  limits: [
    "the database's disk grows by itself and never shrinks",
    "with `redis.isolation: instance`, a cache of that size for each tenant",
  ],
};
