import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ensureTools, type Report, type ToolName } from "../toolchain/index.ts";
import { sha256 } from "../toolchain/record.ts";
import { bundle, nodeBinary } from "./bundle.ts";
import { basePackages, suite } from "./debian.ts";
import { architecture } from "./oci.ts";
import type { FileSource, ImageRecipe, LayerRecipe } from "./recipes.ts";

/** A file ready to be put into a layer: bytes held here or a file on disk, or an empty folder. */
export interface Content {
  readonly to: string;
  readonly mode: number;
  readonly from: { readonly bytes: Uint8Array } | { readonly file: string } | "folder";
  readonly sum: string;
}

/** A layer to be: its recipe, its content where it is made of files, and the hash of both. */
export interface PlannedLayer {
  readonly key: string;
  readonly recipe: LayerRecipe | "base";
  readonly contents: readonly Content[];
}

/** An image to be, and the hash that names its archive. */
export interface PlannedImage {
  readonly recipe: ImageRecipe;
  readonly layers: readonly PlannedLayer[];
  readonly hash: string;
}

/** Raised by hand when the way layers are made changes what is in them. */
const format = 2;

function hashOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([format, architecture(), value]))
    .digest("hex")
    .slice(0, 16);
}

/** The tools that a recipe packs. */
export function toolsOf(recipe: ImageRecipe): readonly ToolName[] {
  const files = recipe.layers.flatMap((layer) => (layer.kind === "files" ? layer.files : []));
  return files.flatMap((source) => (source.kind === "tool" ? [source.tool] : []));
}

/** Resolves file sources, each once: one Node binary and one bundle serve several images. */
export class Planner {
  readonly #report: Report;
  readonly #sums = new Map<string, Promise<string>>();
  readonly #bundles = new Map<string, Promise<Uint8Array>>();
  #tools: Partial<Record<ToolName, string>> = {};

  constructor(report: Report) {
    this.#report = report;
  }

  /** Makes the tools that the recipes pack, then plans each image. */
  async plan(recipes: readonly ImageRecipe[]): Promise<PlannedImage[]> {
    this.#tools = await ensureTools([...new Set(recipes.flatMap(toolsOf))], this.#report);
    return Promise.all(recipes.map((recipe) => this.#image(recipe)));
  }

  async #image(recipe: ImageRecipe): Promise<PlannedImage> {
    const base: PlannedLayer = { key: hashOf(["base", suite, basePackages]), recipe: "base", contents: [] };
    const layers = recipe.from === "debian" ? [base] : [];
    for (const layer of recipe.layers) layers.push(await this.#layer(layer, base.key));
    const { layers: _, ...rest } = recipe;
    return { recipe, layers, hash: hashOf([rest, layers.map((layer) => layer.key)]) };
  }

  async #layer(recipe: LayerRecipe, baseKey: string): Promise<PlannedLayer> {
    if (recipe.kind === "debian") return { key: hashOf([baseKey, recipe]), recipe, contents: [] };
    const contents = await Promise.all(recipe.files.map((source) => this.#content(source)));
    return { key: hashOf(contents.map(({ to, mode, sum }) => [to, mode, sum])), recipe, contents };
  }

  async #content(source: FileSource): Promise<Content> {
    if (source.kind === "folder") return { to: source.to, mode: source.mode, from: "folder", sum: "" };
    if (source.kind === "bundle") {
      const bytes = await this.#once(this.#bundles, source.entry, () => bundle(source.entry));
      const sum = createHash("sha256").update(bytes).digest("hex");
      return { to: source.to, mode: 0o644, from: { bytes }, sum };
    }
    const file = source.kind === "node" ? nodeBinary() : this.#tools[source.tool];
    if (file === undefined) throw new Error(`no program for ${source.to}`);
    const sum = await this.#once(this.#sums, file, () => recordedSum(file));
    return { to: source.to, mode: 0o755, from: { file }, sum };
  }

  #once<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    const value = memory.get(key) ?? make();
    memory.set(key, value);
    return value;
  }
}

/** A built tool's sum stands in its record already, where it was checked. */
async function recordedSum(file: string): Promise<string> {
  const record = await readFile(`${file}.json`, "utf8").catch(() => undefined);
  const found = record === undefined ? undefined : /"sha256": "([0-9a-f]{64})"/.exec(record)?.[1];
  return found ?? sha256(file);
}
