/** What every cloud's table of sizes is made over: each size in each lifecycle, for an application that needs everything. */
import { type Lifecycle, type Needs, objectStoreProtocols, type Size } from "./platform.ts";

export const sizesInOrder = ["small", "medium", "large"] as const satisfies readonly Size[];
export const lifecycles = ["production", "disposable"] as const satisfies readonly Lifecycle[];

/** No volume that several pods share: what those cost follows from the tenants' claims. */
export const everything: Needs = {
  database: { engine: "postgres" },
  redis: { isolation: ["instance", "acl", "prefix"] },
  objectStore: { protocols: objectStoreProtocols },
};
