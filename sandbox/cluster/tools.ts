import { existsSync } from "node:fs";
import { join } from "node:path";
import { binDir } from "../paths.ts";

/** Path of a built tool. */
export function toolPath(name: string): string {
  const path = join(binDir(), name);
  if (!existsSync(path)) throw new Error(`tool ${name} is not built; run the toolchain first`);
  return path;
}
