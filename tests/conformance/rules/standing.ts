import { expect, it } from "vitest";
import { gatherHaystacks, readNeedles, scan } from "../../../ops/drill/secretScan.ts";
import { operate } from "../../../ops/pulumi/cli.ts";
import { changeCount } from "../../../ops/pulumi/events.ts";
import type { Check } from "../../../ops/report/model.ts";
import { startOffline } from "../offline.ts";
import { theRun } from "../target.ts";
import type { World } from "../world.ts";

/** A stack that is up. `commandLines`: those of every process since before its first `up`. */
export function standingRules(world: () => World, commandLines: () => readonly string[]): void {
  let checks: readonly Check[];

  it("has the probe healthy on every binding, with TLS verified", async () => {
    checks = await world().smoke();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    for (const slug of world().target.slugs) {
      for (const service of ["database", "Redis", "object store"]) {
        const name = `${slug}'s ${service} can be written, read and emptied over verified TLS`;
        expect(checks.map((check) => check.name)).toContain(name);
      }
    }
  });

  it("keeps a tenant from another's pods, database, Redis and bucket, and trusts no wrong authority", () => {
    const isolation = checks.filter(({ name }) => /cannot open .* nor trust a wrong CA/.test(name));
    expect(isolation).toHaveLength(2);
    // Kept apart as the platform promises, and not by less.
    const { apart } = world().target;
    for (const { detail } of isolation) {
      expect(detail).toContain(`; Redis by ${apart.redis}: `);
      expect(detail).toContain(`; object store by ${apart.objectStore}: `);
    }
    const strangers = checks.filter(({ name }) =>
      name.startsWith("a client with the wrong CA is refused by"),
    );
    expect(strangers).toHaveLength(world().target.slugs.length);
  });

  it("changes nothing at a second up", async () => {
    expect(changeCount((await world().upWell("second")).operation)).toBe(0);
  });

  it("has no secret in clear in state, outputs, arguments, objects, logs or Helm's records", async () => {
    const { inside, context } = world();
    const { platform, tenants } = await world().outputs();
    const namespaces = [platform.namespace, ...tenants.map(({ namespace }) => namespace)];
    const lines = commandLines();
    // Not a watch that looked while nothing ran: the account's own script was seen at its work.
    expect(lines.filter((line) => line.includes("/etc/database-account/")).length).toBeGreaterThan(0);
    const places = await gatherHaystacks(inside.kube, context, namespaces, lines);
    expect(scan(await readNeedles(inside.kube, namespaces), places)).toMatch(/none in clear/);
  });

  it("is previewed from an empty state without a cluster or credentials", async () => {
    const { context, inside } = await world().another("offline");
    const engine = await startOffline(inside);
    try {
      const run = await operate({ ...context, env: { ...context.env, ...engine.env } }, "preview", {
        label: "offline",
      });
      expect(run.ok, run.output).toBe(true);
      const releases = run.operation.custom.filter((urn) => urn.includes("helm.sh/v3:Release"));
      expect(releases.length).toBeGreaterThanOrEqual(world().target.slugs.length);
    } finally {
      await engine.close();
    }
  });

  // Keys that the user made are the user's to keep.
  it.skipIf(theRun().target === "existing")(
    "keeps its write-once keys in escrow outside the state",
    async () => {
      const { target, inside } = world();
      expect(await target.escrow(inside)).toContain(await world().key());
    },
  );
}
