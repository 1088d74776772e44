import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** The repository's root. */
export const repository = join(import.meta.dirname, "..", "..");

/** The Node binary of the npm package `node`, which the project pins. */
export function nodeBinary(): string {
  const file = join(repository, "node_modules", "node", "bin", "node");
  if (existsSync(file)) return file;
  throw new Error(`The images take their Node from ${file}, which is not there. Run "npm ci" first.`);
}

/**
 * One program of this repository with all it imports as one ES module for Node 24. The same sources give the
 * same bytes. Packages written as CommonJS want `require`, which a module has to make first.
 *
 * @param entry path from the repository's root
 */
export async function bundle(entry: string): Promise<Uint8Array> {
  const file = join(repository, entry);
  if (!existsSync(file)) throw new Error(`${entry} is to be bundled into an image and is not there`);
  const result = await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    minifySyntax: true,
    legalComments: "eof",
    outfile: "main.mjs",
    // Optional accelerators of ws and pg, absent here; each is required inside a try.
    external: ["bufferutil", "utf-8-validate", "pg-native"],
    banner: {
      js: 'import { createRequire as _cr } from "node:module"; const require = _cr(import.meta.url);',
    },
    logLevel: "silent",
  });
  const code = result.outputFiles.find((output) => output.path.endsWith(".mjs"));
  if (code === undefined) throw new Error(`${entry} gave no bundle`);
  return code.contents;
}
