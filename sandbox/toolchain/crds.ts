import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { crdsDir } from "../paths.ts";
import { goEnvironment } from "./go.ts";
import { duration, type Report, stopwatch } from "./progress.ts";
import { moduleDir, moduleFiles } from "./record.ts";

interface Source {
  /** The Go module that carries the files; its version is in modules/crds/go.mod. */
  readonly module: string;
  readonly folder: string;
}

const sources = {
  "cert-manager": { module: "github.com/cert-manager/cert-manager", folder: "deploy/crds" },
  traefik: {
    module: "github.com/traefik/traefik/v3",
    folder: "docs/content/reference/dynamic-configuration",
  },
  "external-secrets": {
    module: "github.com/external-secrets/external-secrets",
    folder: "config/crds/bases",
  },
  "gateway-api": { module: "sigs.k8s.io/gateway-api", folder: "config/crd/standard" },
} as const satisfies { [name: string]: Source };

/** A project whose CustomResourceDefinitions the sandbox can install. */
export type CrdSet = keyof typeof sources;

const crdSets: readonly CrdSet[] = ["cert-manager", "traefik", "external-secrets", "gateway-api"];

/** Only files named `<group>_<plural>.yaml` hold one definition each; the folders hold examples too. */
function isDefinition(file: string): boolean {
  return /^[a-z0-9.-]+\.[a-z0-9]+_[a-z0-9]+\.yaml$/.test(file);
}

function currentSetKey(): string {
  return createHash("sha256")
    .update(JSON.stringify([moduleFiles(moduleDir("crds")), sources]))
    .digest("hex");
}

function keyFile(): string {
  return join(crdsDir(), "key");
}

/** Whether the files of this checkout's versions are in the cache. */
export function crdsAreCurrent(): boolean {
  return existsSync(keyFile()) && readFileSync(keyFile(), "utf8") === currentSetKey();
}

/**
 * Paths of the CustomResourceDefinition files of a project, one definition a file. They come from the project's
 * Go module and are copied into the cache by `ensureTools` and `ensureCrds`.
 */
export function crdFiles(name: CrdSet): string[] {
  const folder = join(crdsDir(), name);
  if (!existsSync(folder)) {
    throw new Error(
      `The definitions of ${name} are not in ${crdsDir()}. Run "node sandbox/toolchain/main.ts crds" first.`,
    );
  }
  return readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
}

const download = z.object({ Path: z.string(), Dir: z.string() });

/** Copies the definitions out of their modules. The caller holds the build lock and removes the module cache. */
export async function fetchCrds(report: Report): Promise<void> {
  const elapsed = stopwatch();
  const modules = crdSets.map((name) => sources[name].module);
  const result = await execa("go", ["mod", "download", "-modcacherw", "-json", ...modules], {
    cwd: moduleDir("crds"),
    env: goEnvironment(),
  });
  // The answer is one JSON object after the other.
  const downloads = result.stdout
    .split(/(?<=^\})\n/m)
    .filter((text) => text.trim() !== "")
    .map((text) => download.parse(JSON.parse(text)));
  const staging = `${crdsDir()}.new`;
  await rm(staging, { recursive: true, force: true });
  for (const name of crdSets) {
    const { module, folder } = sources[name];
    const root = downloads.find((one) => one.Path === module)?.Dir;
    if (root === undefined) throw new Error(`go mod download did not say where ${module} is`);
    const from = join(root, folder);
    await mkdir(join(staging, name), { recursive: true });
    const files = (await readdir(from)).filter(isDefinition);
    if (files.length === 0) throw new Error(`${module} has no CustomResourceDefinition in ${folder}`);
    for (const file of files) await copyFile(join(from, file), join(staging, name, file));
  }
  await writeFile(join(staging, "key"), currentSetKey());
  await rm(crdsDir(), { recursive: true, force: true });
  await rename(staging, crdsDir());
  report(`definitions of ${crdSets.join(", ")}: copied in ${duration(elapsed())}`);
}
