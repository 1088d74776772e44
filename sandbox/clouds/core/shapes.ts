/**
 * What a cloud's SDK says of its resources: names, types and which are required, read out of its declaration files
 * (`*.d.ts`) and remembered in the cache folder. The tables of the simulated clouds add rules; they repeat no names.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { cacheDir } from "../../paths.ts";

/** `options`: the literals that the SDK knows; `open`: any other text too; `json`: an object too, as its JSON. */
export type Shape =
  | { is: "text"; options?: string[] | undefined; open?: boolean | undefined; json?: boolean | undefined }
  | { is: "number" | "boolean" | "any" }
  | { is: "list"; of: Shape }
  | { is: "map"; of: Shape }
  /** `named`: a key of {@link Shapes.objects}. */
  | { is: "object"; named: string };
export type Member = { shape: Shape; required: boolean };
export type Members = Record<string, Member>;

/** Of a resource: its arguments and its outputs. Of a function: its arguments and its result. */
export type TypeShape = { inputs: Members; outputs: Members };
export type Shapes = { types: Record<string, TypeShape>; objects: Record<string, Members> };

const shape: z.ZodType<Shape> = z.lazy(() =>
  z.union([
    z.object({
      is: z.literal("text"),
      options: z.array(z.string()).optional(),
      open: z.boolean().optional(),
      json: z.boolean().optional(),
    }),
    z.object({ is: z.enum(["number", "boolean", "any"]) }),
    z.object({ is: z.enum(["list"]), of: shape }),
    z.object({ is: z.enum(["map"]), of: shape }),
    z.object({ is: z.literal("object"), named: z.string() }),
  ]),
);
const members = z.record(z.string(), z.object({ shape, required: z.boolean() }));
const shapes = z.object({
  types: z.record(z.string(), z.object({ inputs: members, outputs: members })),
  objects: z.record(z.string(), members),
});

// Raise it when the reading changes: what was remembered is then read anew.
const edition = 1;

/** Folder of an SDK package, e.g. `@pulumi/aws`. */
export function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

/**
 * The shapes of resource types and functions by token, e.g. `aws:ec2/vpc:Vpc` or `pulumi:providers:aws`.
 *
 * @throws when the SDK declares no such type.
 */
export async function readShapes(sdk: string, tokens: readonly string[]): Promise<Shapes> {
  const folder = packageFolder(sdk);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  const digest = createHash("sha256")
    .update(JSON.stringify([edition, tokens]))
    .digest("hex")
    .slice(0, 12);
  const file = join(cacheDir(), "clouds", `${sdk.replace("@pulumi/", "")}-${version}-${digest}.json`);
  if (existsSync(file)) return shapes.parse(JSON.parse(await readFile(file, "utf8")));
  const { declaredShapes } = await import("./declarations.ts");
  const read = await declaredShapes(folder, tokens);
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}`;
  await writeFile(part, JSON.stringify(read));
  await rename(part, file);
  return read;
}
