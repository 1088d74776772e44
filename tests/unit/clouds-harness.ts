/** A simulated cloud without an engine: checks, creates, changes and deletes as the engine would ask for it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, type CloudName, nothing } from "../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../sandbox/clouds/core/faults.ts";
import { cloudProvider } from "../../sandbox/clouds/core/provider.ts";
import { cloudContents, loadCloud, openCloud, shapesOf } from "../../sandbox/clouds/index.ts";
import type { Difference, Found, Provider } from "../../sandbox/engine/rpc/provider.ts";
import { type Bag, type PlainBag, toPlain } from "../../sandbox/engine/rpc/values.ts";

export type Made = { type: string; name: string; id: string; inputs: Bag; outputs: Bag; plain: PlainBag };

/** Reads the SDK's types where the cache folder has no answer yet: that takes seconds, once. */
export async function readTypes(name: CloudName): Promise<void> {
  await shapesOf(await loadCloud(name));
}

/** One provider of a cloud in a folder of its own. */
export class TestCloud {
  readonly folder: string;
  readonly provider: Provider;
  readonly statuses: string[];
  readonly #name: CloudName;

  private constructor(folder: string, provider: Provider, name: CloudName, statuses: string[]) {
    this.folder = folder;
    this.provider = provider;
    this.#name = name;
    this.statuses = statuses;
  }

  /** `again` goes on in the folder of another. No waiting for what is in use, unless `patience` says so. */
  static async open(
    name: CloudName,
    config: Bag,
    options: {
      again?: TestCloud;
      backend?: Partial<Backend>;
      faults?: FaultPlan;
      patience?: number;
      now?: () => number;
    } = {},
  ): Promise<TestCloud> {
    const folder = options.again?.folder ?? mkdtempSync(join(tmpdir(), "portolan-cloud-"));
    const faults = join(folder, "plan.json");
    writeFileSync(faults, JSON.stringify(options.faults ?? []));
    const env = {
      PORTOLAN_CLOUD_STATE: folder,
      PORTOLAN_CLOUD_FAULTS: faults,
      PORTOLAN_CLOUD_PATIENCE: String(options.patience ?? 2000),
    };
    const shared = await openCloud(name, env, { ...nothing(), ...options.backend });
    const statuses: string[] = [];
    const log = {
      status: (_: string, line: string) => statuses.push(line),
      info: () => {},
      warning: () => {},
    };
    const provider = cloudProvider(
      "0.0.0",
      options.now === undefined ? shared : { ...shared, now: options.now },
      log,
    );
    const target = { urn: "", type: "", name: "", olds: {}, randomSeed: new Uint8Array() };
    const { failures } = await provider.checkConfig({ ...target, news: config });
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    await provider.configure(config);
    return new TestCloud(folder, provider, name, statuses);
  }

  #target(type: string, name: string) {
    return { urn: `urn:pulumi:dev::test::${type}::${name}`, type, name };
  }

  /** Reasons for which inputs are refused before anything is asked of the API. */
  async refusals(type: string, news: Bag, olds: Bag = {}): Promise<string[]> {
    const seed = new TextEncoder().encode("seed");
    const { failures } = await this.provider.check({
      ...this.#target(type, "x"),
      olds,
      news,
      randomSeed: seed,
    });
    return failures.map(({ reason }) => reason);
  }

  async check(type: string, name: string, news: Bag, olds: Bag = {}): Promise<Bag> {
    const randomSeed = new TextEncoder().encode(`${type} ${name}`);
    const { inputs, failures } = await this.provider.check({
      ...this.#target(type, name),
      olds,
      news,
      randomSeed,
    });
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return inputs;
  }

  async create(type: string, name: string, news: Bag = {}): Promise<Made> {
    const inputs = await this.check(type, name, news);
    const target = this.#target(type, name);
    const { id, outputs } = await this.provider.create({
      ...target,
      news: inputs,
      preview: false,
      timeout: 0,
    });
    return { type, name, id, inputs, outputs, plain: toPlain(outputs) };
  }

  async preview(type: string, name: string, news: Bag): Promise<Bag> {
    const inputs = await this.check(type, name, news);
    return (
      await this.provider.create({ ...this.#target(type, name), news: inputs, preview: true, timeout: 0 })
    ).outputs;
  }

  async diff(made: Made, news: Bag): Promise<Difference> {
    const inputs = await this.check(made.type, made.name, news, made.inputs);
    return this.provider.diff(this.#change(made, inputs));
  }

  #change(made: Made, news: Bag) {
    const { id, inputs: oldInputs, outputs: oldOutputs } = made;
    return { ...this.#target(made.type, made.name), id, oldInputs, oldOutputs, news, ignoreChanges: [] };
  }

  /** What a preview says that an update would answer. */
  async planned(made: Made, news: Bag): Promise<Bag> {
    const inputs = await this.check(made.type, made.name, news, made.inputs);
    return this.provider.update({ ...this.#change(made, inputs), preview: true, timeout: 0 });
  }

  async update(made: Made, news: Bag): Promise<Made> {
    const inputs = await this.check(made.type, made.name, news, made.inputs);
    const outputs = await this.provider.update({ ...this.#change(made, inputs), preview: false, timeout: 0 });
    return { ...made, inputs, outputs, plain: toPlain(outputs) };
  }

  read(made: Pick<Made, "type" | "name" | "id"> & Partial<Made>): Promise<Found> {
    const { id, inputs = {}, outputs = {} } = made;
    return this.provider.read({ ...this.#target(made.type, made.name), id, inputs, outputs, timeout: 0 });
  }

  delete({ type, name, id, inputs, outputs }: Made): Promise<void> {
    return this.provider.delete({ ...this.#target(type, name), id, inputs, outputs, timeout: 0 });
  }

  async invoke(token: string, args: Bag = {}): Promise<PlainBag> {
    const { result, failures } = await this.provider.invoke(token, args, false);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return toPlain(result);
  }

  contents() {
    return cloudContents(this.folder, this.#name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
