/** The sizes of Google Cloud as docs/sizes.md shows them. */
import type { SizeTable } from "../estimate.ts";
import { everything, lifecycles, sizesInOrder } from "../sizeRows.ts";
import { estimate } from "./prices.ts";
import type { GcpSettings } from "./settings.ts";
import { databaseTier, sizes, tenantRedisMemory } from "./sizes.ts";

const regions = ["asia-northeast1", "us-central1"];

const settings = (region: string): GcpSettings => ({
  project: "",
  region,
  network: { kind: "new", nodes: "", pods: "", services: "", googleServices: "" },
  cluster: { kind: "new", channel: "REGULAR", access: { kind: "dns" }, ownKey: undefined },
  database: { kind: "new", version: "" },
  redis: { kind: "new", version: "", isolation: "prefix" },
  dns: undefined,
});

export const gcpSizeTable: SizeTable = {
  cloud: "Google Cloud",
  regions,
  rows: sizesInOrder.flatMap((size) =>
    lifecycles.map((lifecycle) => {
      const pair = lifecycle === "production" ? "2 x " : "";
      return {
        size,
        lifecycle,
        nodes: "by GKE Autopilot, as pods ask for them",
        database: `${pair}${databaseTier(size)}`,
        redis: `STANDARD_HA, ${sizes[size].redis.memory} GiB`,
        estimates: regions.map((region) =>
          estimate({ settings: settings(region), size, lifecycle, needs: everything }),
        ),
      };
    }),
  ),
  limits: [
    "the database's disk grows by itself and never shrinks",
    `with \`redis.isolation: instance\`, a Redis of ${tenantRedisMemory} GiB for each tenant`,
  ],
};
