/** A program whose resources of one cloud are made by the simulated one: without an engine, and nothing behind it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CloudName, nothing } from "../../sandbox/clouds/core/backend.ts";
import type { FaultPlan } from "../../sandbox/clouds/core/faults.ts";
import { cloudProvider } from "../../sandbox/clouds/core/provider.ts";
import { cloudContents, openCloud } from "../../sandbox/clouds/index.ts";
import { cloudProviders } from "../../sandbox/engine/plugins.ts";
import type { Provider } from "../../sandbox/engine/rpc/provider.ts";
import { type Bag, isBag, reveal, type Value } from "../../sandbox/engine/rpc/values.ts";
import { type Recorded, remock } from "./harness.ts";

const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** Inputs as the mocks hand them over, where a secret is a bag with a mark and a value. */
function plainBag(inputs: unknown): Bag {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (Object.values(value).includes(secretMark) && "value" in value) return plain(value.value);
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, plain(one)]])),
    );
  };
  const bag: Value = JSON.parse(JSON.stringify(plain(inputs)));
  return isBag(bag) ? bag : {};
}

/** `news` with what `olds` has at a path, as the engine does for an ignored change. */
function withOld(news: Value, olds: Value | undefined, [key = "", ...rest]: readonly string[]): Value {
  if (Array.isArray(news) && Array.isArray(olds))
    return news.map((item, at) => (String(at) === key ? withOld(item, olds[at], rest) : item));
  if (!isBag(news) || !isBag(olds)) return news;
  const { [key]: inner, ...others } = news;
  const old = olds[key];
  if (rest.length === 0) return old === undefined ? others : { ...others, [key]: old };
  return inner === undefined ? others : { ...others, [key]: withOld(inner, old, rest) };
}

interface Made {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Bag;
  readonly outputs: Bag;
}

const urnOf = (type: string, name: string) => `urn:pulumi:prod::portolan::${type}::${name}`;

/** The simulated cloud of one test, in a folder of its own. */
export class Rehearsed {
  readonly made: Made[] = [];
  /** What was refused: thrown at once, it would end the run in the middle, and nobody would hear of the others. */
  readonly refused: string[] = [];
  /** What a later run of the program changed in place, as `name: path, path`; and what only a new resource could be. */
  readonly changed: string[] = [];
  readonly replaced: string[] = [];
  readonly #name: CloudName;
  readonly #folder: string;
  readonly #provider: Provider;

  private constructor(name: CloudName, folder: string, provider: Provider) {
    this.#name = name;
    this.#folder = folder;
    this.#provider = provider;
  }

  static async open(name: CloudName, config: Bag, plan: FaultPlan = []): Promise<Rehearsed> {
    const folder = mkdtempSync(join(tmpdir(), `${name}-rehearsal-`));
    const faults = join(folder, "plan.json");
    writeFileSync(faults, JSON.stringify(plan));
    const env = {
      PORTOLAN_CLOUD_STATE: folder,
      PORTOLAN_CLOUD_FAULTS: faults,
      PORTOLAN_CLOUD_PATIENCE: "20000",
    };
    const shared = await openCloud(name, env, nothing());
    const provider = cloudProvider("0.0.0", shared, { status: () => {}, info: () => {}, warning: () => {} });
    await provider.configure(config);
    return new Rehearsed(name, folder, provider);
  }

  /**
   * To be called in a program, after the cloud's own mocks: those still answer for everything else. What an earlier run
   * made is changed, but for the paths that `ignored` answers.
   */
  serve(ignored: (type: string, name: string) => readonly string[] = () => []): void {
    remock((plain) => ({
      newResource: async (args) => {
        const { type, name } = args;
        if (!type.startsWith(`${cloudProviders[this.#name]}:`)) return plain.newResource(args);
        const before = this.made.find((known) => known.type === type && known.name === name);
        const inputs = plainBag(args.inputs);
        const asked = before
          ? this.#change(before, inputs, ignored(type, name))
          : this.make(type, name, inputs);
        const one = await asked.catch((error: unknown) => {
          this.refused.push(`${type} ${name}: ${String(error)}`);
        });
        return one ? { id: one.id, state: one.outputs } : plain.newResource(args);
      },
      call: async (args) => {
        const asked = this.#provider.invoke(args.token, plainBag(args.inputs), false);
        const answer = await asked.catch((error: unknown) => {
          // Where the engine's own answer has its words, and where the SDK reads them.
          throw Object.assign(new Error("invoke failed"), { details: String(error) });
        });
        return reveal(answer.result);
      },
    }));
  }

  async make(type: string, name: string, news: Bag): Promise<Made> {
    const target = { urn: urnOf(type, name), type, name };
    const randomSeed = new TextEncoder().encode(name.padEnd(32, "#"));
    const { inputs, failures } = await this.#provider.check({ ...target, olds: {}, news, randomSeed });
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const asked = { ...target, news: inputs, preview: false, timeout: 0 };
    const { id, outputs } = await this.#provider.create(asked);
    const one = { type, name, id, inputs, outputs: reveal(outputs) };
    this.made.push(one);
    return one;
  }

  async #change(before: Made, inputs: Bag, ignored: readonly string[]): Promise<Made> {
    const { type, name, id, inputs: oldInputs, outputs: oldOutputs } = before;
    const target = { urn: urnOf(type, name), type, name };
    const wanted = ignored.reduce<Value>(
      (bag, path) => withOld(bag, oldInputs, path.split(/[.[\]]+/)),
      inputs,
    );
    if (!isBag(wanted)) throw new Error("inputs are a bag");
    const randomSeed = new Uint8Array(32);
    const checked = await this.#provider.check({ ...target, olds: oldInputs, news: wanted, randomSeed });
    if (checked.failures.length > 0) throw new Error(JSON.stringify(checked.failures));
    const asked = { ...target, id, oldInputs, oldOutputs, news: checked.inputs, ignoreChanges: [...ignored] };
    const { changes } = await this.#provider.diff(asked);
    if (changes.length === 0) return before;
    const line = `${name}: ${changes
      .map(({ path }) => path)
      .toSorted()
      .join(", ")}`;
    if (changes.some(({ replace }) => replace)) {
      this.replaced.push(line);
      return before;
    }
    this.changed.push(line);
    const outputs = reveal(await this.#provider.update({ ...asked, preview: false, timeout: 0 }));
    const after = { type, name, id, inputs: checked.inputs, outputs };
    this.made.splice(this.made.indexOf(before), 1, after);
    return after;
  }

  /** What the end of a later `up` does: deletes what the program has no more, or lets go of it. @throws where it was protected */
  async leave(before: readonly Recorded[], after: readonly Recorded[]): Promise<void> {
    const still = new Set(after.map(({ type, name }) => `${type} ${name}`));
    const gone = before.filter(({ type, name }) => !still.has(`${type} ${name}`));
    const [held] = gone.filter(({ options }) => options.protect);
    if (held) throw new Error(`${held.type} ${held.name} is protected, and the program has it no more`);
    await this.destroy(gone.filter(({ options }) => !options.retainOnDelete));
    for (const { type, name } of gone) {
      const at = this.made.findIndex((one) => one.type === type && one.name === name);
      if (at >= 0) this.made.splice(at, 1);
    }
  }

  async delete({ type, name, id, inputs, outputs }: Made): Promise<void> {
    await this.#provider.delete({ urn: urnOf(type, name), type, name, id, inputs, outputs, timeout: 0 });
  }

  /** Looks for a thing as an import does; answers its id. */
  async read(type: string, name: string, id: string): Promise<string | undefined> {
    const target = { urn: urnOf(type, name), type, name };
    const found = await this.#provider.read({ ...target, id, inputs: {}, outputs: {}, timeout: 0 });
    return found?.id;
  }

  async invoke(token: string, args: Bag): Promise<Bag> {
    return reveal((await this.#provider.invoke(token, args, false)).result);
  }

  /** Deletes as the engine would: nothing before what depends on it, directly or by something in between. */
  async destroy(resources: readonly Recorded[]): Promise<void> {
    const gone = new Set<string>();
    const remove = async (one: Recorded): Promise<void> => {
      if (gone.has(one.urn)) return;
      gone.add(one.urn);
      for (const other of resources.filter(({ options }) => options.dependsOn.includes(one.urn)))
        await remove(other);
      const found = this.made.find(({ type, name }) => type === one.type && name === one.name);
      if (found) await this.delete(found);
    };
    for (const one of resources) await remove(one);
  }

  contents() {
    return cloudContents(this.#folder, this.#name);
  }

  /** What is there, by type and id. */
  living(): string[] {
    return this.contents().living.map(({ type, id }) => `${type} ${id}`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
