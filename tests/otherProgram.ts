import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const repository = join(import.meta.dirname, "..");

/** Makes a folder a Pulumi project like the repository, but with the program of `tests/<program>`. */
export function otherProgram(program: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(repository)) {
    if (name.startsWith(".") || name === "index.ts" || /^Pulumi\..+\.yaml$/.test(name)) continue;
    symlinkSync(join(repository, name), join(folder, name));
  }
  symlinkSync(join(repository, "tests", program, "index.ts"), join(folder, "index.ts"));
  return folder;
}
