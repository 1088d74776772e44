import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { Engine } from "../../../sandbox/engine/index.ts";

const step = z.looseObject({
  op: z.string(),
  urn: z.string(),
  replaceReasons: z.array(z.string()).nullish(),
  diffReasons: z.array(z.string()).nullish(),
});
const plan = z.looseObject({
  steps: z.array(step).default([]),
  changeSummary: z.record(z.string(), z.number()).default({}),
});

const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  id: z.string().default(""),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
  initErrors: z.array(z.string()).default([]),
});
const exported = z.looseObject({ deployment: z.looseObject({ resources: z.array(resource).default([]) }) });
export type Resource = z.infer<typeof resource>;

/** The outcome of a pulumi command; `text` is what it printed on both streams. */
export type Run = { code: number; text: string };

/** Flags with which `up`, `destroy` and `refresh` ask nobody. */
export const unattended = ["--yes", "--skip-preview", "--non-interactive", "--color=never"];

/** A Pulumi project with one stack in a temporary folder, whose program the tests rewrite between commands. */
export class TestStack {
  readonly folder: string;
  readonly #env: Record<string, string>;
  readonly passphrase = "a test's passphrase";
  readonly name: string;

  constructor(folder: string, env: Record<string, string>, name: string) {
    this.folder = folder;
    this.#env = env;
    this.name = name;
  }

  static async create(engine: Engine, project = "test", name = "dev"): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "portolan-stack-"));
    const state = join(folder, "state");
    await mkdir(state);
    const root = join(import.meta.dirname, "..", "..", "..");
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\nmain: index.ts\n`);
    const env = { ...engine.env, PULUMI_BACKEND_URL: `file://${state}` };
    const stack = new TestStack(folder, env, name);
    await stack.program("");
    const made = await stack.pulumi(["stack", "init", name]);
    if (made.code !== 0) throw new Error(made.text);
    return stack;
  }

  /** Writes the program. k8s, random, tls and pulumi are imported already. */
  async program(body: string): Promise<void> {
    const head = [
      'import * as pulumi from "@pulumi/pulumi";',
      'import * as k8s from "@pulumi/kubernetes";',
      'import * as random from "@pulumi/random";',
      'import * as tls from "@pulumi/tls";',
      "void pulumi; void k8s; void random; void tls;",
    ];
    await writeFile(join(this.folder, "index.ts"), `${head.join("\n")}\n${body}\n`);
  }

  async pulumi(args: string[], env: Record<string, string> = {}): Promise<Run> {
    const done = await execa("pulumi", args, {
      cwd: this.folder,
      env: { ...this.#env, PULUMI_CONFIG_PASSPHRASE: this.passphrase, ...env },
      reject: false,
      all: true,
      stdin: "ignore",
    });
    return { code: done.exitCode ?? 1, text: done.all ?? "" };
  }

  /** Runs `up` without a preview. @throws when it fails */
  async up(...args: string[]): Promise<Run> {
    return this.#must(["up", ...unattended, ...args]);
  }

  /** Runs `up` that is expected to fail, and answers what it printed. */
  async failingUp(...args: string[]): Promise<string> {
    const run = await this.pulumi(["up", ...unattended, ...args]);
    if (run.code === 0) throw new Error(`expected a failure:\n${run.text}`);
    return run.text;
  }

  async refresh(...args: string[]): Promise<Run> {
    return this.#must(["refresh", ...unattended, ...args]);
  }

  async destroy(...args: string[]): Promise<Run> {
    return this.#must(["destroy", ...unattended, ...args]);
  }

  /** The changes that a preview plans, by resource name: `create`, `update`, `replace`, `delete`. */
  async preview(...args: string[]): Promise<Record<string, string>> {
    const run = await this.pulumi(["preview", "--json", "--non-interactive", ...args]);
    const start = run.text.indexOf("{");
    if (run.code !== 0 || start < 0) throw new Error(run.text);
    const { steps } = plan.parse(JSON.parse(run.text.slice(start)));
    const plans: Record<string, string> = {};
    for (const { urn, op } of steps) {
      const name = nameOf(urn);
      if (op !== "refresh" && !urn.includes("pulumi:pulumi:Stack"))
        plans[name] = name in plans ? `${plans[name]},${op}` : op;
    }
    return plans;
  }

  async outputs(): Promise<Record<string, unknown>> {
    const run = await this.#must(["stack", "output", "--json", "--show-secrets"]);
    return z.record(z.string(), z.unknown()).parse(JSON.parse(run.text));
  }

  /** The state as text, secrets encrypted: for searching it. */
  async state(): Promise<string> {
    return (await this.#must(["stack", "export"])).text;
  }

  async resources(): Promise<Resource[]> {
    return exported.parse(JSON.parse(await this.state())).deployment.resources;
  }

  async resource(name: string): Promise<Resource> {
    const found = (await this.resources()).find(({ urn }) => nameOf(urn) === name);
    if (found === undefined) throw new Error(`no resource ${name} in the state`);
    return found;
  }

  async #must(args: string[]): Promise<Run> {
    const run = await this.pulumi(args);
    if (run.code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.text}`);
    return run;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
