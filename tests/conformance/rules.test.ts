/**
 * The same rules for every kind of platform. Each `it` is one; they run in order, on one stack of the probe.
 * The quick list is what CI runs on all of them; `FULL=1` adds the rest.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { type ArgumentWatch, watchArguments } from "../../ops/drill/secretScan.ts";
import { removeAll } from "../../sandbox/clouds/backend/index.ts";
import { cellRules } from "./rules/cells.ts";
import { endRules } from "./rules/end.ts";
import { existingRules } from "./rules/existing.ts";
import { keyRules } from "./rules/keys.ts";
import { productionRules } from "./rules/production.ts";
import { runRules } from "./rules/runs.ts";
import { standingRules } from "./rules/standing.ts";
import { tenantRules } from "./rules/tenants.ts";
import { removeServices } from "./services.ts";
import { isWhole, theRun } from "./target.ts";
import { verdict } from "./verdict.ts";
import { openWorld, type World } from "./world.ts";

const { target } = theRun();
const whole = describe.runIf(isWhole());

describe(`kind ${target}`, () => {
  let opened: World | undefined;
  let before: readonly string[];
  let watch: ArgumentWatch | undefined;
  const rules = verdict();
  const world = () => {
    if (opened === undefined) throw new Error("no stack was opened");
    return opened;
  };

  beforeAll(async () => {
    opened = await openWorld();
    before = await opened.data();
    // Helm and psql are given their secrets in the first run, and most of them in no other.
    watch = watchArguments(100);
    await opened.upWell("first");
    rules.begin();
  }, 600_000);

  /** The command lines since the first run, told once. */
  const commandLines = () => {
    const seen = watch?.stop() ?? [];
    watch = undefined;
    return seen;
  };

  afterAll(async () => {
    commandLines();
    if (!rules.holds()) return await opened?.close();
    const { inside } = world();
    if (inside.run.rehearsal) await removeAll(inside.run.cluster.kubeconfig, inside.run.rehearsal.cloud);
    if (target === "existing")
      await removeServices(inside, ["local", "cell", "strange", "lacking", "offline", "thief"]);
    await world().close();
  });

  describe("a stack that is up", () => standingRules(world, commandLines));
  describe("tenants", () => tenantRules(world));
  whole("a write-once key", () => keyRules(world));
  whole("a change, or a run that went wrong", () => runRules(world));
  whole("a cell", () => cellRules(world));
  whole("production", () => productionRules(world));
  describe.runIf(target === "existing")("services that exist already", () => existingRules(world));
  describe("the end", () => endRules(world, () => before));
});
