import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach } from "vitest";
import type { CloudName } from "../../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../../sandbox/clouds/core/faults.ts";
import { cloudContents } from "../../../sandbox/clouds/index.ts";
import { type Engine, startEngine } from "../../../sandbox/engine/index.ts";
import { ensureTools } from "../../../sandbox/toolchain/index.ts";
import { type Run, TestStack, unattended } from "./stack.ts";

/** A simulated cloud under the engine, without a cluster: empty at the beginning of each test, gone at its end. */
export function useCloud(cloud: CloudName) {
  let folder = "";
  let engine: Engine;
  let stack: TestStack;
  const start = async (faults: FaultPlan) => {
    const plan = join(folder, "plan.json");
    await writeFile(plan, JSON.stringify(faults));
    engine = await startEngine({ inside: [], clouds: [cloud], cloudState: folder, cloudFaults: plan });
  };
  beforeAll(() => ensureTools(["pulumi", "helm3"]));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "portolan-cloud-"));
  });
  afterEach(async () => {
    await engine.close();
    await stack.remove();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder: () => folder,
    contents: () => cloudContents(folder, cloud),
    async begin(faults: FaultPlan = []): Promise<TestStack> {
      await start(faults);
      stack = await TestStack.create(engine);
      return stack;
    },
    /** `up` with the cloud started anew, which has what it had. */
    async upAgain(faults: FaultPlan = []): Promise<Run> {
      await engine.close();
      await start(faults);
      return stack.pulumi(["up", ...unattended], {
        ...engine.env,
        PULUMI_BACKEND_URL: `file://${join(stack.folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: stack.passphrase,
      });
    },
  };
}
