import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../paths.ts";

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The folder with an executable `pulumi-language-nodejs`, which runs this checkout's language host on the Node that
 * runs now. Each checkout has a folder of its own: two of them never start each other's.
 */
export async function languageHostLauncher(): Promise<string> {
  const script = join(import.meta.dirname, "languageHost.ts");
  const text = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(script)} "$@"\n`;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const folder = join(cacheDir(), "engine", "hosts", hash);
  const file = join(folder, "pulumi-language-nodejs");
  if ((await readFile(file, "utf8").catch(() => "")) === text) return folder;
  await mkdir(folder, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, text);
  await chmod(fresh, 0o755);
  await rename(fresh, file);
  return folder;
}
