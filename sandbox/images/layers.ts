import { chmod, copyFile, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { type Report, stopwatch } from "../toolchain/index.ts";
import { duration, size } from "../toolchain/progress.ts";
import { compressLayer, unpackLayer } from "./compress.ts";
import { bootstrap, runInside } from "./debian.ts";
import type { PlannedLayer } from "./keys.ts";
import { blobPath, type Layer } from "./oci.ts";
import type { BuiltImage } from "./store.ts";
import { layerOf, readTree } from "./tree.ts";

/** One time for all files, so that the same content gives the same digest: 2025-01-01. */
const fileTime = "@1735689600";

/** Makes layers in a work folder: taken from an archive that has them, or built. */
export class Workshop {
  readonly #folder: string;
  readonly #known: readonly BuiltImage[];
  readonly #report: Report;
  readonly #made = new Map<string, Layer>();
  #base: Layer | undefined;
  #baseTree: string | undefined;

  constructor(folder: string, known: readonly BuiltImage[], report: Report) {
    this.#folder = folder;
    this.#known = known;
    this.#report = report;
  }

  /** The compressed layer, in the work folder under its digest. */
  blob(layer: Layer): string {
    return join(this.#folder, blobPath(layer.digest));
  }

  /** Brings a layer into the work folder. A Debian layer fits only the base it was made on, bytes included. */
  async layer(planned: PlannedLayer): Promise<Layer> {
    if (planned.recipe !== "base" && planned.recipe.kind === "debian" && this.#base === undefined) {
      throw new Error("a Debian layer needs its base layer first");
    }
    const made = this.#made.get(planned.key) ?? (await this.#taken(planned)) ?? (await this.#build(planned));
    this.#made.set(planned.key, made);
    if (planned.recipe === "base") this.#base = made;
    return made;
  }

  async #taken(planned: PlannedLayer): Promise<Layer | undefined> {
    const bound = planned.recipe !== "base" && planned.recipe.kind === "debian";
    for (const image of this.#known) {
      if (bound && image.layers[0]?.digest !== this.#base?.digest) continue;
      const layer = image.layers.find((one) => one.key === planned.key);
      if (layer === undefined) continue;
      await mkdir(this.#folder, { recursive: true });
      await execa("tar", ["-xf", image.archive, "-C", this.#folder, blobPath(layer.digest)]);
      return layer;
    }
    return undefined;
  }

  async #build(planned: PlannedLayer): Promise<Layer> {
    const elapsed = stopwatch();
    const tar = join(this.#folder, `${planned.key}.tar`);
    await mkdir(this.#folder, { recursive: true });
    if (planned.recipe === "base") await this.#buildBase(tar);
    else if (planned.recipe.kind === "files") await this.#buildFiles(planned, tar);
    else await this.#buildDebian(planned.recipe, tar);
    const layer = { key: planned.key, ...(await compressLayer(tar, `${tar}.zst`)) };
    await rm(tar);
    await mkdir(dirname(this.blob(layer)), { recursive: true });
    await rename(`${tar}.zst`, this.blob(layer));
    this.#report(`layer ${describe(planned)}: ${size(layer.bytes)} in ${duration(elapsed())}`);
    return layer;
  }

  async #buildBase(tar: string): Promise<void> {
    this.#report("layer Debian base: installing");
    const root = join(this.#folder, "base");
    await bootstrap(root);
    const { add } = layerOf(new Map(), readTree(root), []);
    await pack(root, add, tar);
  }

  /** The base as a folder, with apt's lists fetched: what every Debian layer starts from. */
  async #baseFolder(): Promise<string> {
    if (this.#baseTree !== undefined) return this.#baseTree;
    const root = join(this.#folder, "base");
    if (this.#base !== undefined && (await stat(root).catch(() => undefined)) === undefined) {
      await mkdir(root, { recursive: true });
      await unpackLayer(this.blob(this.#base), root);
    }
    await runInside(root, "apt-get update");
    this.#baseTree = root;
    return root;
  }

  async #buildDebian(
    recipe: Extract<PlannedLayer["recipe"], { kind: "debian" }>,
    tar: string,
  ): Promise<void> {
    this.#report(`layer ${recipe.packages.join(", ")}: installing`);
    const base = await this.#baseFolder();
    const root = join(this.#folder, "root");
    await rm(root, { recursive: true, force: true });
    await execa("cp", ["--archive", "--reflink=auto", base, root]);
    const install = `apt-get install --yes --no-install-recommends ${recipe.packages.join(" ")}`;
    await runInside(root, [recipe.before, install, recipe.after].join("\n"));
    const { add, hide } = layerOf(readTree(base), readTree(root), recipe.drop);
    await pack(root, add, tar);
    await this.#hide(hide, tar);
    await rm(root, { recursive: true, force: true });
  }

  /** Adds the marks by which a layer hides a file of the one below. */
  async #hide(paths: readonly string[], tar: string): Promise<void> {
    if (paths.length === 0) return;
    const stage = join(this.#folder, "hidden");
    const marks = paths.map((path) => join(dirname(path), `.wh.${basename(path)}`));
    for (const mark of marks) {
      await mkdir(join(stage, dirname(mark)), { recursive: true });
      await writeFile(join(stage, mark), "");
    }
    await pack(stage, marks, tar, ["--append", "--owner=0", "--group=0"]);
    await rm(stage, { recursive: true, force: true });
  }

  async #buildFiles(planned: PlannedLayer, tar: string): Promise<void> {
    const stage = join(this.#folder, "stage");
    await rm(stage, { recursive: true, force: true });
    const paths = new Set<string>();
    for (const { to, mode, from } of planned.contents) {
      const target = join(stage, to);
      await mkdir(from === "folder" ? target : dirname(target), { recursive: true, mode: 0o755 });
      if (from !== "folder") {
        if ("bytes" in from) await writeFile(target, from.bytes);
        else await copyFile(from.file, target);
      }
      await chmod(target, mode);
      for (let path = to; path !== "/"; path = dirname(path)) paths.add(path);
    }
    await pack(stage, [...paths].sort(), tar, ["--create", "--owner=0", "--group=0"]);
    await rm(stage, { recursive: true, force: true });
  }
}

function describe(planned: PlannedLayer): string {
  if (planned.recipe === "base") return "Debian base";
  if (planned.recipe.kind === "debian") return planned.recipe.packages.join(", ");
  return planned.contents.map((content) => basename(content.to)).join(", ");
}

/** Writes the given paths of a tree, and nothing below them, into a tar. */
async function pack(
  root: string,
  paths: readonly string[],
  tar: string,
  mode: readonly string[] = ["--create"],
): Promise<void> {
  const list = paths.map((path) => path.slice(1)).join("\0");
  await execa(
    "tar",
    [
      ...mode,
      `--file=${tar}`,
      `--directory=${root}`,
      "--format=gnu",
      "--numeric-owner",
      `--mtime=${fileTime}`,
      "--no-recursion",
      "--null",
      "--verbatim-files-from",
      "--files-from=-",
    ],
    { input: list },
  );
}
