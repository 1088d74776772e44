/** The rule of interrupted runs on every cloud: it needs the engine and no cluster. */
import { describe } from "vitest";
import { cloudNames } from "../../sandbox/clouds/core/backend.ts";
import { interruptedRules } from "../conformance/rules/interrupted.ts";

describe.each(cloudNames)("a drill stack on the simulated %s", interruptedRules);
