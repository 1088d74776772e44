import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { cacheDir } from "../../../paths.ts";
import { toolPath } from "../../../toolchain/index.ts";
import type { ReleaseArgs } from "./args.ts";
import { checksumOf, resourceNames } from "./manifest.ts";

const render = z.strictObject({
  checksum: z.string(),
  resourceNames: z.record(z.string(), z.array(z.string())),
});
/** What a check keeps of a rendered chart: never the manifest itself. */
export type Render = z.infer<typeof render>;

/** Functions of templates that give another result each time, or one that depends on more than chart and values. */
const restless =
  /\b(rand\w+|gen(PrivateKey|CA|CAWithKey|SelfSignedCert|SignedCert)\w*|uuidv4|now|ago|htpasswd|bcrypt|encryptAES|getHostByName)\b/;

/** Whether a text has template actions that call one of these; words in quotes and comments are no calls. */
export function isRestless(text: string): boolean {
  const actions = text.match(/\{\{[\s\S]*?\}\}/g) ?? [];
  return actions.some((action) =>
    restless.test(action.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\//g, "")),
  );
}

/**
 * A digest of each chart folder that one run of the engine has looked at, or undefined for one whose renders are not
 * remembered: every tenant's release has the same charts, and reading them was most of what its check took.
 */
export type Charts = Map<string, Promise<string | undefined>>;

/**
 * Renders a chart, or answers from what the same chart gave with the same arguments: a start of helm takes 50 ms,
 * and a preview checks every release. Only a chart in a folder whose templates are pure is remembered, so a chart
 * that makes random values still changes at each check, as with the real plugin.
 */
export async function rendered(
  args: ReleaseArgs,
  folder: string,
  make: () => Promise<string>,
  charts: Charts = new Map(),
): Promise<Render> {
  const key = await keyOf(args, folder, charts);
  const known = key === undefined ? undefined : await remembered(key);
  if (known !== undefined) return known;
  const manifest = await make();
  const fresh = { checksum: checksumOf(manifest), resourceNames: resourceNames(manifest) };
  if (key !== undefined) await remember(key, fresh);
  return fresh;
}

async function keyOf(args: ReleaseArgs, folder: string, charts: Charts): Promise<string | undefined> {
  const { repositoryOpts, lint, verify, postrender, dependencyUpdate } = args;
  if (repositoryOpts !== undefined || lint || verify || dependencyUpdate || postrender !== undefined)
    return undefined;
  const text = JSON.stringify([toolPath("helm3"), args]);
  if (isRestless(text)) return undefined;
  const path = resolve(folder, args.chart);
  const chart = charts.get(path) ?? digestOf(path);
  charts.set(path, chart);
  const digest = await chart;
  return digest && createHash("sha256").update(digest).update(text).digest("hex");
}

async function digestOf(chart: string): Promise<string | undefined> {
  if (!(await isFolder(chart))) return undefined;
  const hash = createHash("sha256");
  for (const name of await filesOf(chart)) {
    const content = await readFile(join(chart, name));
    // A packed dependency is not looked into: no answer is remembered for it.
    if (name.endsWith(".tgz") || isRestless(content.toString("latin1"))) return undefined;
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Every file below a folder, through symbolic links too: a vendored library is often one. */
async function filesOf(folder: string, below = "", depth = 0): Promise<string[]> {
  if (depth > 20) throw new Error(`${folder} is nested too deeply, or links to itself`);
  const names = await readdir(join(folder, below));
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const path = join(below, name);
      return (await isFolder(join(folder, path))) ? filesOf(folder, path, depth + 1) : [path];
    }),
  );
  return files.flat();
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

const fileOf = (key: string): string => join(cacheDir(), "engine", "renders", key);

async function remembered(key: string): Promise<Render | undefined> {
  try {
    return render.parse(JSON.parse(await readFile(fileOf(key), "utf8")));
  } catch {
    // Not there, or not whole: it is rendered again.
    return undefined;
  }
}

async function remember(key: string, fresh: Render): Promise<void> {
  await mkdir(join(cacheDir(), "engine", "renders"), { recursive: true, mode: 0o700 });
  const file = fileOf(key);
  await writeFile(`${file}.${process.pid}`, JSON.stringify(fresh), { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
}
