/**
 * The whole platform against the simulated Google Cloud, without an engine and with nothing behind it: whether it takes
 * every resource in the order the program gives, and lets go of all of them in the opposite order.
 */
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GcpPlatform } from "../../providers/gcp/platform.ts";
import type { GcpSettings } from "../../providers/gcp/settings.ts";
import type { Lifecycle, Needs } from "../../providers/platform.ts";
import type { FaultPlan } from "../../sandbox/clouds/core/faults.ts";
import { Rehearsed } from "./clouds-rehearsal.ts";
import { needs, request, settings, simulate, tenantRequest } from "./gcp-fixtures.ts";
import { run } from "./harness.ts";

const config = { project: settings.project, region: settings.region };
const everything: Needs = { ...needs, sharedVolume: { sizeGi: 10 } };

let cloud: Rehearsed;
beforeEach(async () => {
  cloud = await Rehearsed.open("gcp", config);
}, 60_000);
/** A cloud in trouble in place of the one in order. */
async function inTrouble(faults: FaultPlan): Promise<void> {
  cloud.remove();
  cloud = await Rehearsed.open("gcp", config, faults);
}
afterEach(() => cloud.remove());

/** Declares the platform with two tenants; each resource of Google Cloud is made by the simulated one. */
async function rehearse(lifecycle: Lifecycle, wanted: Needs, over: Partial<GcpSettings> = {}) {
  const stack = await run(
    () => {
      simulate();
      cloud.serve();
      const asked = request(lifecycle, { needs: wanted });
      const platform = new GcpPlatform("platform", { ...asked, settings: { ...settings, ...over } });
      for (const slug of asked.tenants) {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        platform.tenantServices({ ...tenantRequest(slug, lifecycle, parent), needs: wanted });
        platform.escrow.keep({
          name: `portolan/asia-prod/${slug}/APP_KEY`,
          fresh: pulumi.secret(`fresh-${slug}`),
          protect: lifecycle === "production",
          parent,
        });
      }
    },
    { stack: "asia-prod" },
  );
  expect(cloud.refused).toEqual([]);
  return stack;
}

const types = (things: readonly string[]) => [...new Set(things.map((one) => one.split(" ")[0]))].toSorted();

describe("the simulated Google Cloud", () => {
  it("takes a disposable platform, and after its destroy holds a reserved name and APIs that stay on, and nothing else", async () => {
    const stack = await rehearse("disposable", everything);
    expect(cloud.made.length).toBeGreaterThan(30);
    await cloud.destroy(stack.resources);
    expect(cloud.contents().living).toEqual([]);
    expect(types(cloud.contents().kept.map(({ type }) => type))).toEqual([
      "gcp:projects/service:Service",
      "gcp:sql/databaseInstance:DatabaseInstance",
    ]);
  }, 60_000);

  it("takes a production platform, and refuses to delete what holds its data", async () => {
    await rehearse("production", everything, { dns: undefined });
    for (const name of ["platform-postgres", "platform-gke", "platform-redis", "acme-bucket"]) {
      const one = cloud.made.find(
        (other) => other.name === name && /Instance$|Cluster$|Bucket$/.test(other.type),
      );
      if (!one) throw new Error(`no ${name}`);
      await expect(cloud.delete(one)).rejects.toThrow(/PREVENT|protection/);
    }
  }, 60_000);

  it("takes another lifecycle in place, there and back, and after the destroy of what was production is as empty", async () => {
    const over = { dns: undefined };
    const steps = ["disposable", "production", "disposable"] as const;
    let before = await rehearse("disposable", everything, over);
    for (const lifecycle of steps.slice(1)) {
      const after = await rehearse(lifecycle, everything, over);
      await cloud.leave(before.resources, after.resources);
      before = after;
    }
    await cloud.destroy(before.resources);
    expect(cloud.living()).toEqual([]);
    expect(types(cloud.contents().kept.map(({ type }) => type))).toEqual([
      "gcp:kms/cryptoKey:CryptoKey",
      "gcp:kms/keyRing:KeyRing",
      "gcp:projects/service:Service",
      "gcp:sql/databaseInstance:DatabaseInstance",
    ]);
  }, 60_000);

  it("is waited for while it throttles, errs, is slow, or does not know everywhere what is new", async () => {
    const each = { type: "gcp:*", each: "type" } as const;
    await inTrouble([
      { ...each, operation: "create", fault: "throttle", times: 2 },
      { ...each, operation: "create", fault: "slow", ms: 50, after: 2 },
      { ...each, operation: "create", fault: "settle", ms: 200, times: 1000 },
      { ...each, operation: "invoke", fault: "error", times: 2 },
      { ...each, operation: "delete", fault: "error", times: 2 },
    ]);
    const stack = await rehearse("disposable", everything);
    await cloud.destroy(stack.resources);
    expect(cloud.living()).toEqual([]);
    expect(cloud.contents().duplicates).toEqual([]);
  }, 60_000);

  it("looks at a network that is there, stands in it, and leaves it as it was", async () => {
    await cloud.make("gcp:projects/service:Service", "api", { service: "compute.googleapis.com" });
    const vpc = await cloud.make("gcp:compute/network:Network", "mine", {
      name: "mine",
      autoCreateSubnetworks: false,
    });
    await cloud.make("gcp:compute/subnetwork:Subnetwork", "mine", {
      name: "mine",
      network: vpc.id,
      ipCidrRange: "10.9.0.0/20",
      secondaryIpRanges: [
        { rangeName: "p", ipCidrRange: "10.12.0.0/14" },
        { rangeName: "s", ipCidrRange: "10.9.16.0/20" },
      ],
    });
    const before = cloud.living();
    const network = {
      kind: "existing" as const,
      network: "mine",
      subnetwork: "mine",
      podRange: "p",
      serviceRange: "s",
      privateServices: false,
    };
    cloud.made.length = 0;
    const stack = await rehearse("disposable", needs, { network });
    await cloud.destroy(stack.resources);
    // The API was on before: this stack's word for it is the same thing, and it stays on.
    expect(cloud.living().filter((one) => !one.includes("Service "))).toEqual(
      before.filter((one) => !one.includes("Service ")),
    );
  }, 60_000);
});
