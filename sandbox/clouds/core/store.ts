/** A simulated cloud's state on disk: a file for each resource, so that engine and providers can die and return. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";

const plain: z.ZodType<Plain> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(plain), z.record(z.string(), plain)]),
);
const bag = z.record(z.string(), plain);
const record = z.object({
  type: z.string(),
  id: z.string(),
  /** Who made it: two living records of one URN are a duplicate. Empty for what the cloud made itself. */
  urn: z.string(),
  account: z.string(),
  /** Empty for what is in no region. */
  region: z.string(),
  inputs: bag,
  outputs: bag,
  /** Times in ms since 1970. */
  created: z.number(),
  /** From when on others may name it. */
  usable: z.number(),
  /** Deleted, and not yet gone: its name is taken until then (`null`: until someone removes it). */
  kept: z.object({ until: z.number().nullable(), why: z.string() }).optional(),
});

/** A resource as the cloud knows it: secrets in clear, hence files that only the owner reads. */
export type CloudRecord = z.infer<typeof record>;

type Known = { mtime: number; record: CloudRecord };
type Shared = { readonly known: Map<string, Known>; seen: number };

/**
 * All records of one folder. Reads again what others changed; writes are atomic, one file each. Seen from a region,
 * ids are those of that region and of what is in none.
 */
export class Store {
  readonly folder: string;
  readonly #shared: Shared;
  readonly #region: string | undefined;

  constructor(folder: string, shared: Shared = { known: new Map(), seen: -1 }, region?: string) {
    this.folder = folder.endsWith("records") ? folder : join(folder, "records");
    this.#shared = shared;
    this.#region = region;
  }

  /** The same records, seen from a region. */
  from(region: string): Store {
    return new Store(this.folder, this.#shared, region);
  }

  #file({ type, region, id }: Pick<CloudRecord, "type" | "region" | "id">): string {
    const word = type.split(":").at(-1) ?? type;
    return `${word}-${createHash("sha256").update(`${type} ${region} ${id}`).digest("hex").slice(0, 24)}.json`;
  }

  #stamp(): number {
    return statSync(this.folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** Notes own changes as seen, where nobody else made any: thousands of files need not be looked at for each. */
  #own(change: () => void): void {
    const alone = this.#stamp() === this.#shared.seen;
    change();
    if (alone) this.#shared.seen = this.#stamp();
  }

  // A file appears, changes and goes by renaming and removing, each of which changes the folder's own time.
  #load(): void {
    const stamp = this.#stamp();
    if (stamp === this.#shared.seen) return;
    if (stamp === 0) {
      this.#shared.known.clear();
      this.#shared.seen = 0;
      return;
    }
    const names = readdirSync(this.folder).filter((name) => name.endsWith(".json"));
    const there = new Set(names);
    for (const name of this.#shared.known.keys()) if (!there.has(name)) this.#shared.known.delete(name);
    for (const name of names) {
      const path = join(this.folder, name);
      const mtime = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (mtime === undefined || this.#shared.known.get(name)?.mtime === mtime) continue;
      this.#shared.known.set(name, { mtime, record: record.parse(JSON.parse(readFileSync(path, "utf8"))) });
    }
    this.#shared.seen = stamp;
  }

  /** Every record, living and kept. */
  all(): CloudRecord[] {
    this.#load();
    return [...this.#shared.known.values()].map(({ record: found }) => found);
  }

  /** The living ones, of some types where given. */
  living(types?: readonly string[]): CloudRecord[] {
    return this.all().filter((found) => found.kept === undefined && (types?.includes(found.type) ?? true));
  }

  find(type: string, id: string): CloudRecord | undefined {
    this.#load();
    const { known } = this.#shared;
    if (this.#region === undefined) return this.all().find((found) => found.type === type && found.id === id);
    const here = known.get(this.#file({ type, region: this.#region, id }));
    return (here ?? known.get(this.#file({ type, region: "", id })))?.record;
  }

  put(made: CloudRecord): void {
    const name = this.#file(made);
    const path = join(this.folder, name);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#own(() => {
      writeFileSync(`${path}.part`, `${JSON.stringify(made, undefined, 1)}\n`, { mode: 0o600 });
      renameSync(`${path}.part`, path);
      this.#shared.known.set(name, { mtime: statSync(path).mtimeMs, record: made });
    });
  }

  /** Changes what is there, as someone beside the program would: for drift. @throws when there is none */
  change(type: string, id: string, inputs: PlainBag): void {
    const found = this.find(type, id);
    if (found === undefined) throw new Error(`The simulated cloud has no ${type} with the id ${id}`);
    this.put({
      ...found,
      inputs: { ...found.inputs, ...inputs },
      outputs: { ...found.outputs, ...inputs },
    });
  }

  remove(type: string, id: string): void {
    const found = this.find(type, id);
    if (found === undefined) return;
    const name = this.#file(found);
    this.#own(() => {
      rmSync(join(this.folder, name), { force: true });
      this.#shared.known.delete(name);
    });
  }
}
