/**
 * A simulated cloud that keeps silent when it is told to, and a stack whose engine is killed while it waits for it. The
 * cluster takes everything for done, and nothing stands behind the cloud: there are no pods.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { vi } from "vitest";
import { mend as mendCommand, type Settled, settle } from "../../ops/mend/index.ts";
import type { StackContext } from "../../ops/pulumi/cli.ts";
import { clearDeadLock } from "../../ops/pulumi/locks.ts";
import type { CloudName } from "../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../sandbox/clouds/core/faults.ts";
import { type CloudContents, cloudContents, cloudStrikes } from "../../sandbox/clouds/index.ts";
import { type Engine, startEngine } from "../../sandbox/engine/index.ts";
import { interrupted, readState, shortName } from "../../stacks/exportedState.ts";
import { serveClusterStub } from "../engine/support/clusterStub.ts";
import { type Run, TestStack, unattended } from "../engine/support/stack.ts";

/** Half seconds without a change of anything, from which on whoever waits for a silent cloud does nothing else. */
const quietAfter = 6;

type ClusterStub = Awaited<ReturnType<typeof serveClusterStub>>;

export class SilentCloud {
  readonly #cloud: CloudName;
  readonly #folder: string;
  readonly #stub: ClusterStub;
  readonly stack: TestStack;
  #engine: Engine;
  /** The command that waits for the cloud: a test that takes too long leaves it behind. */
  #running: { kill(signal: "SIGKILL"): boolean } | undefined;

  private constructor(
    cloud: CloudName,
    parts: { folder: string; stub: ClusterStub; engine: Engine; stack: TestStack },
  ) {
    this.#cloud = cloud;
    this.#folder = parts.folder;
    this.#stub = parts.stub;
    this.#engine = parts.engine;
    this.stack = parts.stack;
  }

  /** An empty cloud that will fail as planned, and an empty stack. Close it, whatever happens. */
  static async open(cloud: CloudName, faults: FaultPlan): Promise<SilentCloud> {
    const folder = await mkdtemp(join(tmpdir(), "portolan-interrupted-"));
    await writeFile(join(folder, "faults.json"), JSON.stringify(faults));
    const stub = await serveClusterStub();
    const engine = await start(cloud, folder, stub);
    return new SilentCloud(cloud, { folder, stub, engine, stack: await TestStack.create(engine) });
  }

  async close(): Promise<void> {
    this.#running?.kill("SIGKILL");
    vi.unstubAllEnvs();
    await this.#engine.close();
    this.#stub.close();
    await this.stack.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A new engine on the same state. A program's environment is its language host's, which has the backend from here. */
  async restart(): Promise<void> {
    await this.#engine.close();
    vi.stubEnv("PULUMI_BACKEND_URL", this.environment().PULUMI_BACKEND_URL);
    this.#engine = await start(this.#cloud, this.#folder, this.#stub);
    // The lock that a killed engine left.
    await clearDeadLock(this.#context(), join(this.stack.folder, "state"), () => undefined);
  }

  /** The stack with the engine of now: each start has other ports. */
  environment(): Record<string, string> {
    return {
      ...this.#engine.env,
      PULUMI_BACKEND_URL: `file://${join(this.stack.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: this.stack.passphrase,
    };
  }

  run(...args: string[]): Promise<Run> {
    return this.stack.pulumi(args, this.environment());
  }

  contents(): CloudContents {
    return cloudContents(this.#folder, this.#cloud);
  }

  /** Types of the requests that the cloud was silent to, so far. */
  silences(): string[] {
    return cloudStrikes(this.#folder, this.#cloud).flatMap(({ fault, type }) =>
      fault.startsWith("silence") ? [type] : [],
    );
  }

  /**
   * A command, killed once the cloud keeps silent to a request of it and nothing else goes on; answers whether it came to
   * its end before. One to which the cloud is not silent takes as long as it takes.
   *
   * @throws what the command said, when it failed by itself
   */
  async untilSilence(command: "up" | "destroy"): Promise<boolean> {
    const before = this.silences().length;
    const started = execa("pulumi", [command, ...unattended], {
      cwd: this.stack.folder,
      env: this.environment(),
      all: true,
      reject: false,
      stdin: "ignore",
    });
    this.#running = started;
    let ended = false;
    void started.then(() => {
      ended = true;
    });
    let last = "";
    let quiet = 0;
    while (!ended && quiet < quietAfter) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const struck = this.silences().length;
      const now = JSON.stringify([struck, this.contents().living.length]);
      quiet = struck > before && now === last ? quiet + 1 : 0;
      last = now;
    }
    if (!ended) started.kill("SIGKILL");
    const done = await started;
    this.#running = undefined;
    if (done.exitCode === 0) return true;
    if (done.exitCode !== undefined) throw new Error(done.all);
    return false;
  }

  /** Creations that the state still notes as interrupted. Updates and deletions stay noted until they are repeated. */
  async pending(): Promise<string[]> {
    return interrupted(readState(await this.stack.state())).map(shortName);
  }

  /** Settles as a user would who looks up what only the cloud can say. */
  async mend(): Promise<readonly Settled[]> {
    const settled = await settle(this.#context());
    const open = settled.filter(({ outcome }) => outcome === "yours to say");
    if (open.length === 0) return settled;
    const { living } = this.contents();
    const ids = open.map(({ resource }) => {
      const id = living.find(({ urn }) => urn === resource.urn)?.id ?? "none";
      return [shortName(resource), id] as const;
    });
    return [...settled, ...(await settle(this.#context(), Object.fromEntries(ids)))];
  }

  /** `make mend` without an id from the user: its exit code, and what it told. */
  async mendCommand(): Promise<{ code: number; words: string }> {
    for (const [key, value] of Object.entries(this.environment())) vi.stubEnv(key, value);
    const told = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const code = await mendCommand(this.stack.folder, this.stack.name, {});
      return { code, words: told.mock.calls.map(([line]) => String(line)).join("") };
    } finally {
      told.mockRestore();
      vi.unstubAllEnvs();
    }
  }

  #context(): StackContext {
    const inherited = Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] as const],
    );
    const { folder, name: stack } = this.stack;
    return {
      project: folder,
      folder,
      stack,
      configFile: join(folder, `Pulumi.${stack}.yaml`),
      env: { ...Object.fromEntries(inherited), ...this.environment() },
      logs: this.#folder,
      events: this.#folder,
    };
  }
}

async function start(cloud: CloudName, folder: string, stub: ClusterStub): Promise<Engine> {
  // Nothing stands behind the cloud, wherever these run.
  vi.stubEnv("KUBECONFIG", undefined);
  const engine = await startEngine({
    inside: [],
    clouds: [cloud],
    cloudState: folder,
    cloudFaults: join(folder, "faults.json"),
  });
  stub.attach(engine);
  return engine;
}
