import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { binDir } from "../paths.ts";
import { type Family, familyOf, type ToolName } from "./families.ts";
import { buildFlags } from "./go.ts";

/** What is written beside a built program as `<tool>.json`. */
const recordSchema = z.object({
  tool: z.string(),
  version: z.string(),
  /** Hash of all that decides the program's bytes, Go's version aside. */
  key: z.string(),
  goVersion: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  /** Modification time when the sum was taken: while it and the size stand, the sum need not be taken again. */
  mtimeMs: z.number(),
});
export type Record = z.infer<typeof recordSchema>;

/** Folder of a family's go.mod, go.sum and, where it has one, main.go. */
export function moduleDir(family: string): string {
  return join(import.meta.dirname, "modules", family);
}

/** Where a built tool stands, whether or not it is there. */
export function builtPath(tool: ToolName): string {
  return join(binDir(), tool);
}

/** Files of a module folder with their text, in a fixed order. */
export function moduleFiles(folder: string): [name: string, text: string][] {
  return readdirSync(folder)
    .filter((name) => /^go\.(mod|sum)$|\.go$/.test(name))
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
}

/** The hash that names one tool of one family: its module files, its package and its flags. */
export function keyOf(family: Family, tool: ToolName, files: readonly (readonly [string, string])[]): string {
  const parts = [
    tool,
    family.tools[tool],
    family.tags,
    family.stamps,
    buildFlags,
    files,
    process.platform,
    process.arch,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}

/** The key of the tool as this checkout would build it. */
export function currentKey(tool: ToolName): string {
  const family = familyOf(tool);
  return keyOf(family, tool, moduleFiles(moduleDir(family.name)));
}

/** The record beside a built tool, or undefined when there is none or it cannot be read. */
export function readRecord(tool: ToolName): Record | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(`${builtPath(tool)}.json`, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes a record in one step, so that a reader never sees half of one. */
export async function writeRecord(tool: ToolName, record: Record): Promise<void> {
  const file = `${builtPath(tool)}.json`;
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** SHA-256 of a file in hexadecimal. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/** Whether the program has the size and time it was recorded with. */
function looksUntouched(tool: ToolName, record: Record): boolean {
  const found = statSync(builtPath(tool), { throwIfNoEntry: false });
  return found !== undefined && found.size === record.bytes && found.mtimeMs === record.mtimeMs;
}

/** The built program when it is the one this checkout asks for, by a look at its size and time only. */
export function currentTool(tool: ToolName): string | undefined {
  const record = readRecord(tool);
  if (record === undefined || record.key !== currentKey(tool)) return undefined;
  return looksUntouched(tool, record) ? builtPath(tool) : undefined;
}

/**
 * Whether the built program can stay: right key, right Go (any, when none is installed), right bytes. The sum is
 * taken again only when size or time differ from the record.
 */
export async function isCurrent(tool: ToolName, goVersion: string | undefined): Promise<boolean> {
  const record = readRecord(tool);
  if (record === undefined || record.key !== currentKey(tool)) return false;
  if (goVersion !== undefined && goVersion !== record.goVersion) return false;
  if (looksUntouched(tool, record)) return true;
  const found = await stat(builtPath(tool)).catch(() => undefined);
  if (found?.size !== record.bytes || (await sha256(builtPath(tool))) !== record.sha256) return false;
  await writeRecord(tool, { ...record, mtimeMs: found.mtimeMs });
  return true;
}
