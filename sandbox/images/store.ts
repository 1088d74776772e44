import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { imagesDir } from "../paths.ts";
import { blobPath, documents, type Layer } from "./oci.ts";
import { type ImageName, type ImageRecipe, isImageName } from "./recipes.ts";

/** An image in the cache. */
export interface BuiltImage {
  readonly name: ImageName;
  /** `sandbox/<name>:<tag>`. */
  readonly ref: string;
  /** Absolute path of an OCI archive that `docker load` reads too. */
  readonly archive: string;
  /** Hash of the recipe and of all that goes in; the archive's name ends in it. */
  readonly hash: string;
  /** `sha256:<hex>` of the manifest, as a registry would name the image. */
  readonly digest: string;
  /** Size of the archive. */
  readonly bytes: number;
  readonly layers: readonly Layer[];
}

const layerSchema = z.object({ key: z.string(), digest: z.string(), diffId: z.string(), bytes: z.number() });
const recordSchema = z.object({
  name: z.string().refine(isImageName),
  ref: z.string(),
  hash: z.string(),
  digest: z.string(),
  bytes: z.number(),
  layers: z.array(layerSchema),
});

function archivePath(name: ImageName, hash: string): string {
  return join(imagesDir(), `${name}-${hash}.tar`);
}

function readImage(file: string): BuiltImage | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    const archive = archivePath(record.name, record.hash);
    return statSync(archive).size === record.bytes ? { ...record, archive } : undefined;
  } catch {
    // Unreadable, or its archive is gone or cut short: as if it were not there.
    return undefined;
  }
}

/** The image of that name and hash, when it is whole in the cache. */
export function storedImage(name: ImageName, hash: string): BuiltImage | undefined {
  return readImage(archivePath(name, hash).replace(/tar$/, "json"));
}

/** All whole images in the cache, those of older recipes included: their layers can be taken over. */
export function storedImages(): BuiltImage[] {
  if (!existsSync(imagesDir())) return [];
  return readdirSync(imagesDir())
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => readImage(join(imagesDir(), file)) ?? []);
}

/** Packs layers and documents into an archive in the cache, and its record beside it. */
export async function storeImage(
  recipe: ImageRecipe,
  hash: string,
  layers: readonly Layer[],
  blob: (layer: Layer) => string,
  work: string,
): Promise<BuiltImage> {
  const layout = join(work, `layout-${recipe.name}`);
  await rm(layout, { recursive: true, force: true });
  const { config, manifest, root } = documents(recipe, layers);
  await mkdir(join(layout, dirname(blobPath(config.digest))), { recursive: true });
  for (const [name, text] of Object.entries(root)) await writeFile(join(layout, name), text);
  for (const { digest, text } of [config, manifest]) await writeFile(join(layout, blobPath(digest)), text);
  for (const layer of layers) await link(blob(layer), join(layout, blobPath(layer.digest)));
  const archive = archivePath(recipe.name, hash);
  const part = `${archive}.part`;
  const options = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@1735689600"];
  await execa("tar", ["--create", `--file=${part}`, ...options, "-C", layout, ...Object.keys(root), "blobs"]);
  await rm(layout, { recursive: true, force: true });
  await rename(part, archive);
  const { size: bytes } = await stat(archive);
  const record = { name: recipe.name, ref: recipe.ref, hash, digest: manifest.digest, bytes, layers };
  const file = archive.replace(/tar$/, "json");
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
  return { ...record, archive };
}

/** Removes archives of the same images made from older recipes. */
export async function pruneImages(current: readonly BuiltImage[]): Promise<void> {
  const hashes = new Map(current.map((image) => [image.name, image.hash]));
  for (const file of readdirSync(imagesDir())) {
    const [, name, hash] = /^(.+)-([0-9a-f]{16})\.(?:tar|json|tar\.part)$/.exec(file) ?? [];
    if (name === undefined || !isImageName(name)) continue;
    const kept = hashes.get(name);
    if (kept !== undefined && kept !== hash) await rm(join(imagesDir(), file), { force: true });
  }
}
