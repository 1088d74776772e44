import { size, timedReport } from "../toolchain/index.ts";
import { ensureImages, imageNames, isImageName } from "./index.ts";

/** `node sandbox/images/main.ts [image...]`: builds what is missing, prints reference, size and archive. */
async function main(words: readonly string[]): Promise<void> {
  const report = timedReport((text) => process.stderr.write(text));
  const unknown = words.filter((word) => !isImageName(word));
  if (unknown.length > 0) {
    throw new Error(`unknown image ${unknown.join(", ")}; allowed: ${imageNames.join(", ")}`);
  }
  const images = await ensureImages(words.length > 0 ? words.filter(isImageName) : imageNames, report);
  report("ready");
  for (const { ref, bytes, archive } of images) process.stdout.write(`${ref}\t${size(bytes)}\t${archive}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
