import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { missingPackages } from "../packages.ts";
import { cacheDir, imagesDir } from "../paths.ts";
import { duration, type Report, size, stopwatch, type ToolName } from "../toolchain/index.ts";
import { withLock } from "../toolchain/lock.ts";
import { type PlannedImage, Planner, toolsOf } from "./keys.ts";
import { Workshop } from "./layers.ts";
import { type ImageName, recipeOf } from "./recipes.ts";
import { type BuiltImage, pruneImages, storedImage, storedImages, storeImage } from "./store.ts";

export { type ImageName, imageNames, imageRef, isImageName } from "./recipes.ts";
export type { BuiltImage } from "./store.ts";

/** The tools that images pack, so that they can be built in one go with others. */
export function imageTools(names: readonly ImageName[]): readonly ToolName[] {
  return names.flatMap((name) => toolsOf(recipeOf(name)));
}

/**
 * Makes image archives available. One that was built from the same recipe, sources and tools stays; of the
 * others, layers that are in an older archive are taken from there. Older archives of the same images are
 * removed. Two processes at once: the second waits.
 *
 * @throws without root or mmdebstrap when a Debian layer has to be built, and when an installation fails.
 */
export async function ensureImages(
  names: readonly ImageName[],
  report: Report = () => {},
): Promise<BuiltImage[]> {
  const planned = await new Planner(report).plan([...new Set(names)].map(recipeOf));
  const stored = planned.flatMap((image) => storedImage(image.recipe.name, image.hash) ?? []);
  if (stored.length === planned.length) return stored;
  return withLock(join(cacheDir(), "images.lock"), report, () => build(planned, report));
}

async function build(planned: readonly PlannedImage[], report: Report): Promise<BuiltImage[]> {
  const work = join(imagesDir(), ".work");
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const workshop = new Workshop(work, storedImages(), report);
  const built: BuiltImage[] = [];
  try {
    for (const image of planned) {
      // Asked again under the lock: whoever held it may have built it.
      built.push(
        storedImage(image.recipe.name, image.hash) ?? (await buildOne(image, workshop, work, report)),
      );
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await pruneImages(built);
  return built;
}

async function buildOne(
  { recipe, layers: planned, hash }: PlannedImage,
  workshop: Workshop,
  work: string,
  report: Report,
): Promise<BuiltImage> {
  const elapsed = stopwatch();
  if (recipe.from === "debian") requireDebianTools(recipe.name);
  const layers = [];
  for (const layer of planned) layers.push(await workshop.layer(layer));
  const image = await storeImage(recipe, hash, layers, (layer) => workshop.blob(layer), work);
  report(`image ${recipe.ref}: ${size(image.bytes)} in ${duration(elapsed())}`);
  return image;
}

function requireDebianTools(name: ImageName): void {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Image ${name} has Debian packages in it, which are installed as root. Run "sudo node ` +
        'sandbox/images/main.ts" once; afterwards the archives are used as they are.',
    );
  }
  const missing = missingPackages(["images"]);
  if (missing.length > 0) {
    throw new Error(`Image ${name} needs on this machine: apt-get install ${missing.join(" ")}`);
  }
}
