/** A provider in the engine's sense, made of a cloud's table. */
import { leafChanges } from "../../engine/rpc/compare.ts";
import type {
  CheckArgs,
  Checked,
  CreateArgs,
  DeleteArgs,
  DiffArgs,
  Difference,
  Found,
  Log,
  Provider,
  ReadArgs,
  UpdateArgs,
} from "../../engine/rpc/provider.ts";
import {
  type Bag,
  hasComputed,
  markLike,
  type PlainBag,
  reveal,
  text,
  toPlain,
  withoutNulls,
} from "../../engine/rpc/values.ts";
import { type Asker, attempt } from "./attempts.ts";
import { checkArguments, checkInputs } from "./check.ts";
import type { Faults } from "./faults.ts";
import { type Kind, Refused, type World } from "./kind.ts";
import { defaultsKey, madeBy, ownInputs, withName } from "./naming.ts";
import { change, importable, kindOf, make, unmake, worldFor } from "./operations.ts";
import { completed, overlaid, plannedOutputs, secretOutputs, withDefaults } from "./outputs.ts";
import { rulePath } from "./paths.ts";
import { checkConfig, configBag } from "./settings.ts";
import type { Members, Shapes } from "./shapes.ts";

/** What all providers of one process share, for one cloud. */
export type Shared = Omit<World, "region" | "account" | "config"> & {
  readonly shapes: Shapes;
  readonly faults: Faults;
  readonly patience: number;
  readonly env: NodeJS.ProcessEnv;
};

class CloudProvider implements Provider {
  readonly version: string;
  readonly #shared: Shared;
  readonly #log: Log;
  readonly #cancelled = new AbortController();
  #world: World | undefined;

  constructor(version: string, shared: Shared, log: Log) {
    this.version = version;
    this.#shared = shared;
    this.#log = log;
  }

  async checkConfig({ news }: CheckArgs): Promise<Checked> {
    return checkConfig(this.#shared, news);
  }

  async diffConfig({ oldInputs, news }: DiffArgs): Promise<Difference> {
    // Where a resource lives does not move with its provider: another region or account is another resource.
    const changes = leafChanges(reveal(oldInputs), reveal(news));
    return { changes: changes.map(({ path, kind }) => ({ path, kind, replace: false })) };
  }

  async configure(config: Bag): Promise<void> {
    const { cloud, env } = this.#shared;
    const known = configBag(config);
    const settings = cloud.settings(known, env);
    this.#world = { ...this.#shared, ...settings, store: this.#shared.store.from(settings.region) };
  }

  get #at(): World {
    if (this.#world === undefined) throw new Error("The simulated cloud's provider has not been configured");
    return this.#world;
  }

  /** The world in the region that a resource says. */
  #near(inputs: Bag): World {
    const region = text(inputs, "region");
    return region === undefined ? this.#at : worldFor(this.#at, { region });
  }

  #declared(type: string): Members {
    return this.#shared.shapes.types[type]?.outputs ?? {};
  }

  #asker(urn: string): Asker {
    const { cloud, faults, patience } = this.#shared;
    const retrying = (why: string): void => this.#log.status(urn, `${why}; trying again`);
    return { cloud, faults, patience, signal: this.#cancelled.signal, retrying };
  }

  async check({ type, name, olds, news, randomSeed }: CheckArgs): Promise<Checked> {
    const kind = kindOf(this.#shared, type);
    const given = withName(kind, withoutNulls(ownInputs(news)), olds, { name, randomSeed });
    const noted = given[defaultsKey];
    const { shapes, cloud } = this.#shared;
    const closed = cloud.closedEnumerations === true;
    const { inputs, failures } = checkInputs({ shapes, closed }, type, kind, ownInputs(given));
    if (failures.length === 0 && kind.refuse !== undefined && !hasComputed(inputs)) {
      const world = worldFor(this.#at, toPlain(inputs));
      const reasons = kind.refuse(withDefaults(kind, toPlain(inputs)), world);
      failures.push(...reasons.map((reason) => ({ property: "", reason })));
    }
    return { inputs: noted === undefined ? inputs : { ...inputs, [defaultsKey]: noted }, failures };
  }

  async diff({ type, oldInputs, news }: DiffArgs): Promise<Difference> {
    const kind = kindOf(this.#shared, type);
    return difference(kind, oldInputs, news);
  }

  async create({ type, urn, name, news, preview }: CreateArgs): Promise<{ id: string; outputs: Bag }> {
    const kind = kindOf(this.#shared, type);
    const inputs = ownInputs(news);
    if (preview || hasComputed(news)) {
      return { id: "", outputs: plannedOutputs(kind, inputs, this.#declared(type)) };
    }
    const asked = { world: this.#at, type, urn, inputs: toPlain(inputs), declared: this.#declared(type) };
    const record = await this.#ask(() =>
      attempt(this.#asker(urn), "create", type, name, (settle) => make({ ...asked, settle })),
    );
    return { id: record.id, outputs: secretOutputs(kind, record.outputs, inputs) };
  }

  async read({ type, id, name, urn, inputs }: ReadArgs): Promise<Found> {
    const kind = kindOf(this.#shared, type);
    const record = await this.#ask(() =>
      attempt(this.#asker(urn), "read", type, name, async () =>
        importable(this.#near(inputs), type, kind, id),
      ),
    );
    if (record === undefined) return undefined;
    const noted = inputs[defaultsKey];
    const found = secretOutputs(kind, { ...record.inputs }, inputs);
    return {
      id: record.id,
      inputs: noted === undefined ? found : { ...found, [defaultsKey]: noted },
      outputs: secretOutputs(kind, record.outputs, inputs),
    };
  }

  async update({ type, id, name, urn, news, oldInputs, oldOutputs, preview }: UpdateArgs): Promise<Bag> {
    const kind = kindOf(this.#shared, type);
    const inputs = ownInputs(news);
    if (preview || hasComputed(news)) {
      const planned = { ...oldOutputs, ...overlaid(inputs, oldOutputs, ownInputs(oldInputs)) };
      return secretOutputs(kind, markLike(planned, oldOutputs), inputs);
    }
    const asked = {
      world: this.#at,
      type,
      urn,
      id,
      inputs: toPlain(inputs),
      declared: this.#declared(type),
      settle: 0,
    };
    const record = await this.#ask(() =>
      attempt(this.#asker(urn), "update", type, name, () => change(asked)),
    );
    return secretOutputs(kind, record.outputs, inputs);
  }

  async delete({ type, id, name, urn, inputs }: DeleteArgs): Promise<void> {
    kindOf(this.#shared, type);
    await this.#ask(() =>
      attempt(this.#asker(urn), "delete", type, name, () => unmake(this.#near(inputs), type, id)),
    );
  }

  async invoke(
    token: string,
    args: Bag,
  ): Promise<{ result: Bag; failures: { property: string; reason: string }[] }> {
    const { cloud, shapes } = this.#shared;
    const call = cloud.functions[token];
    if (call === undefined) {
      throw new Error(
        `The simulated cloud does not know the function ${token}; it knows ${Object.keys(cloud.functions).join(", ")}`,
      );
    }
    const given = withoutNulls(args);
    const reasons = checkArguments({ shapes, closed: false }, token, given);
    if (reasons.length > 0)
      return { result: {}, failures: reasons.map((reason) => ({ property: "", reason })) };
    const plain: PlainBag = toPlain(given);
    const result = await this.#ask(() =>
      attempt(this.#asker(""), "invoke", token, "", async () => call(plain, worldFor(this.#at, plain))),
    );
    return { result: completed(result, shapes.types[token]?.outputs ?? {}), failures: [] };
  }

  async #ask<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      // Whoever reads this on a screen must know that no account of theirs is meant.
      if (error instanceof Refused)
        throw new Error(`${error.message} [simulated ${this.#shared.cloud.provider}]`);
      throw error;
    }
  }

  async cancel(): Promise<void> {
    this.#cancelled.abort(new Error("cancelled"));
  }
}

/** What an update changes, and what of it makes a new resource. */
function difference(kind: Kind, oldInputs: Bag, news: Bag): Difference {
  const rules = kind.inputs ?? {};
  const replacing = Object.entries(rules).flatMap(([path, rule]) => (rule.replaces === true ? [path] : []));
  const [before, after] = [reveal(ownInputs(oldInputs)), reveal(ownInputs(news))];
  const known = !hasComputed(before) && !hasComputed(after);
  const changes = leafChanges(before, after)
    .filter(({ path }) => !known || kind.unchanged?.(path, toPlain(before), toPlain(after)) !== true)
    .map(({ path, kind: how }) => {
      const at = rulePath(path);
      const replace = replacing.some((rule) => at === rule || below(at, rule) || below(rule, at));
      return { path, kind: how, replace };
    });
  const { naming } = kind;
  const given = naming?.auto !== undefined && !madeBy(news).includes(naming.property);
  const same = naming !== undefined && !changes.some(({ path }) => path === naming.property);
  const first = given && same && changes.some(({ replace }) => replace);
  return { changes, ...(first ? { deleteBeforeReplace: true } : {}) };
}

function below(path: string, parent: string): boolean {
  return path.startsWith(parent) && /^[.[]/.test(path.slice(parent.length));
}

/** A provider instance of a cloud. */
export function cloudProvider(version: string, shared: Shared, log: Log): Provider {
  return new CloudProvider(version, shared, log);
}
