/** Rules for services that exist already: they need no cloud, and run beside those of a local stack. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeCount } from "../../ops/pulumi/events.ts";
import { hospitalSettings, makeServices } from "./services.ts";
import { openWorld, targetOfRun, type World } from "./world.ts";

describe.runIf(targetOfRun() === "local")("a platform that exists already", () => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld();
  });

  afterAll(async () => {
    await world.close();
  });

  it("takes services by endpoint, roots and names of Secrets, and leaves them as they were", async () => {
    const services = await makeServices(world.inside);
    const hospital = await world.another("hospital");
    for (const [key, path, value] of hospitalSettings(services)) hospital.set(key, path, value);
    await hospital.upWell("hospital-up");
    await hospital.healthy();
    const destroyed = await hospital.destroy("hospital-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    expect(await hospital.secret(services.tenantNamespace, "theirs", "APP_KEY")).toBe(services.appKey);
  });

  it("does not go up on a wrong authority: the account job refuses the server", async () => {
    const services = await makeServices(world.inside);
    const hospital = await world.another("hospital");
    for (const [key, path, value] of hospitalSettings({ ...services, roots: services.wrongRoots })) {
      hospital.set(key, path, value);
    }
    const run = await hospital.up("hospital-wrong-roots");
    expect(run.ok).toBe(false);
    await hospital.destroy("hospital-wrong-roots-destroy");
  });

  it("a named Secret that lacks a key is told before anything is made", async () => {
    const services = await makeServices(world.inside);
    const hospital = await world.another("hospital");
    for (const [key, path, value] of hospitalSettings(services)) hospital.set(key, path, value);
    hospital.set("tenants", ["ward", "redis", "password", "key"], "nothing");
    const run = await hospital.up("hospital-missing-key");
    expect(run.output).toContain("it lacks nothing");
    expect(changeCount(run.operation)).toBe(0);
  });
});
