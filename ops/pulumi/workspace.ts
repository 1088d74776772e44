import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { pulumi, type StackContext } from "./cli.ts";

/** What is added to a stack file of the repository so that the stack runs on a certain cluster. */
export interface ClusterSettings {
  /** The stack file: Pulumi.<source>.yaml. */
  readonly source: string;
  /** Makes it a stack of kind `local` in this context; undefined keeps the file's own platform. */
  readonly context: string | undefined;
  /** Further changes below `portolan:platform`; a dot in a name goes one level deeper. */
  readonly platform?: Readonly<Record<string, unknown>>;
  /** `timeout` in seconds for a release; the stack file's own, or its default, when absent. */
  readonly app: { readonly name: string; readonly version: string; readonly timeout?: number };
  readonly edge: Readonly<Record<string, unknown>>;
  readonly storage: Readonly<Record<string, string>>;
  /** Image references by name; empty on a cluster that pulls from registries. */
  readonly images: Readonly<Record<string, string>>;
  /** Tenants by slug; undefined keeps those of the file. */
  readonly tenants?: Readonly<
    Record<string, { readonly hosts: readonly string[]; readonly tcp?: Readonly<Record<string, number>> }>
  >;
}

/** A change of the config file: a key under `config` (`portolan:app`), the path below it, and the value; undefined removes. */
export interface ConfigChange {
  readonly key: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The folder in which one stack is worked on: its own copy of the config file, its state (a file backend) and the
 * passphrase that seals the state's secrets. Nothing in the repository is written.
 */
export interface Workspace {
  readonly folder: string;
  readonly configFile: string;
  readonly stack: string;
  /** Settings for the engine: where the state is and how it is sealed. Holds a file name, not the passphrase. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes the folder's files unless they are there: a second `make up` goes on with the same state. */
export function openWorkspace(
  folder: string,
  project: string,
  settings: ClusterSettings,
  stack = "local",
): Workspace {
  mkdirSync(join(folder, "state"), { recursive: true, mode: 0o700 });
  copyFileSync(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const passphrase = join(folder, "passphrase");
  if (!existsSync(passphrase))
    writeFileSync(passphrase, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const configFile = join(folder, `Pulumi.${stack}.yaml`);
  const source = existsSync(configFile) ? configFile : join(project, `Pulumi.${settings.source}.yaml`);
  const document = parseDocument(readFileSync(source, "utf8"));
  for (const change of settingChanges(settings, folder)) applyChange(document, change);
  writeFileSync(configFile, document.toString());
  return {
    folder,
    configFile,
    stack,
    env: {
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    },
  };
}

/** The settings as changes of the config file. Keys that the file has and the settings do not name are kept. */
export function settingChanges(settings: ClusterSettings, folder: string): ConfigChange[] {
  const set = (key: string, path: readonly string[], value: unknown): ConfigChange => ({ key, path, value });
  const { app, context, edge, storage, images, platform, tenants } = settings;
  return [
    ...(context === undefined
      ? []
      : [set("portolan:platform", ["kind"], "local"), set("portolan:platform", ["context"], context)]),
    ...Object.entries(platform ?? {}).map(([name, value]) =>
      set("portolan:platform", name.split("."), value),
    ),
    ...Object.entries(storage).map(([name, value]) => set("portolan:platform", ["storage", name], value)),
    set("portolan:app", ["name"], app.name),
    set("portolan:app", ["version"], app.version),
    ...(app.timeout === undefined ? [] : [set("portolan:app", ["timeout"], app.timeout)]),
    ...Object.entries(edge).map(([name, value]) => set("portolan:edge", [name], value)),
    ...Object.entries(images).map(([name, value]) => set("portolan:images", [name], value)),
    set("portolan:secrets", ["kind"], "generated"),
    // Write-once keys are sealed beside the state, not in the user's own folder: this stack is thrown away. A cloud
    // keeps them itself.
    set("portolan:secrets", ["escrow"], context === undefined ? undefined : join(folder, "escrow.age")),
    ...(tenants === undefined ? [] : [set("portolan:tenants", [], tenants)]),
  ];
}

function applyChange(document: Document, { key, path, value }: ConfigChange): void {
  const full = ["config", key, ...path];
  if (value === undefined) document.deleteIn(full);
  else document.setIn(full, document.createNode(value));
}

/** Changes the stack's config file, as a user would with an editor; answers its text as it was, for `restoreConfig`. */
export function changeConfig(workspace: Workspace, changes: readonly ConfigChange[]): string {
  const before = readFileSync(workspace.configFile, "utf8");
  const document = parseDocument(before);
  for (const change of changes) applyChange(document, change);
  writeFileSync(workspace.configFile, document.toString());
  return before;
}

/** Puts back the text that `changeConfig` answered. */
export function restoreConfig(workspace: Workspace, text: string): void {
  writeFileSync(workspace.configFile, text);
}

/**
 * A small project of its own with the same state and engine: a folder of config beside the workspace's, and a program
 * elsewhere.
 */
export function openProject(
  base: StackContext,
  project: string,
  folder: string,
  stack: string,
  config: Readonly<Record<string, unknown>>,
): StackContext {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const configFile = join(folder, `Pulumi.${stack}.yaml`);
  // What `stack init` wrote there, the salt of the passphrase, has to stay.
  const document = parseDocument(existsSync(configFile) ? readFileSync(configFile, "utf8") : "{}\n");
  for (const [key, value] of Object.entries(config)) applyChange(document, { key, path: [], value });
  writeFileSync(configFile, document.toString());
  return { ...base, project, folder, stack, configFile };
}

/** Makes the stack in the state unless it is there. */
export async function ensureStack(context: StackContext): Promise<void> {
  const known = await pulumi(context, ["stack", "ls", "--json"], { stack: false });
  const names: unknown = JSON.parse(known);
  const found = Array.isArray(names) && names.some((entry) => nameOf(entry) === context.stack);
  if (!found) await pulumi(context, ["stack", "init", context.stack, "--no-select"], { stack: false });
}

function nameOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null ? Reflect.get(entry, "name") : undefined;
}
