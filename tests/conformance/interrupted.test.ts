/** The one rule that needs a stack of its own, without pods: a run that was killed at each type of resource. */
import { describe } from "vitest";
import { cloudNames } from "../../sandbox/clouds/core/backend.ts";
import { interruptedRules } from "./rules/interrupted.ts";
import { isWhole, theRun } from "./target.ts";

const cloud = cloudNames.find((name) => name === theRun().target);
describe.runIf(isWhole() && cloud !== undefined)(`a drill stack on the simulated ${cloud}`, () => {
  if (cloud !== undefined) interruptedRules(cloud);
});
