/**
 * A stack of the probe on a real cluster, for the rules: the same engine, the same program, a state of its own.
 * `node ops/main.ts conformance` starts the cluster and runs the tests where it can be reached.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { storedIn } from "../../ops/holdsData.ts";
import { cloudFolder, type Inside, openInside, project } from "../../ops/inside.ts";
import { type Outputs, readOutputs } from "../../ops/outputs.ts";
import { failure, operate, pulumi, type Run, type StackContext } from "../../ops/pulumi/cli.ts";
import { changeConfig, ensureStack, openWorkspace } from "../../ops/pulumi/workspace.ts";
import type { Check } from "../../ops/report/model.ts";
import { openClient } from "../../ops/smoke/context.ts";
import { runSmoke } from "../../ops/smoke/index.ts";
import { openInsider, psql } from "../../ops/smoke/insider.ts";
import { probeMarks, type ServicePart } from "../../ops/smoke/probeHealth.ts";
import { type CloudContents, cloudContents } from "../../sandbox/clouds/core/contents.ts";
import { type Setting, type TargetFacts, targetFacts, theRun } from "./target.ts";

export interface World {
  readonly inside: Inside;
  readonly context: StackContext;
  readonly target: TargetFacts;
  /** `organization/project/stack`, by which a cell names it. */
  readonly fullName: string;
  /** What the tenants' hosts end with. */
  readonly domain: string;
  /** Changes the stack's file: keys below `config`, by path; undefined removes. */
  set(...setting: Setting): void;
  /** Adds a further tenant to the stack's file, with what its platform wants of it. */
  add(slug: string): Promise<void>;
  up(label: string): Promise<Run>;
  /** As `up`, but a failed update fails the test with the engine's own words. */
  upWell(label: string): Promise<Run>;
  destroy(label: string, options?: { readonly preview: boolean }): Promise<Run>;
  outputs(): Promise<Outputs>;
  /** Every smoke check of every active tenant. */
  smoke(): Promise<readonly Check[]>;
  /** Fails the test unless every smoke check of every active tenant holds. */
  healthy(): Promise<void>;
  preview(label: string): Promise<Run>;
  /** The value under a key of a Secret. */
  secret(namespace: string, name: string, key: string): Promise<string>;
  /** The tenant's write-once key. */
  key(slug?: string): Promise<string>;
  /** What holds data, by name and identity: claims in the cluster, and databases, buckets and keys in the cloud. */
  data(): Promise<string[]>;
  /**
   * By active tenant: what its database, its Redis and its bucket got at their first use. The same text as before means
   * that what is read now is what was written then, and not a new one of the same name.
   */
  marks(): Promise<Readonly<Record<string, Partial<Record<ServicePart, string>>>>>;
  /** Every database and every role on the tenants' server, as one of its tenants sees them there. */
  accounts(): Promise<string[]>;
  /** What the simulated cloud holds; nothing on another platform. */
  cloud(): CloudContents;
  /** Forgets the state, as a lost backend does; config, passphrase and escrow stay. */
  loseState(): Promise<void>;
  /** Another stack on the same cluster and backend, with the same settings; `project`: another program than this one. */
  another(stack: string, project?: string): Promise<World>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const inside = await openInside(theRun());
  return await worldOf(inside, inside.context);
}

async function worldOf(inside: Inside, context: StackContext): Promise<World> {
  const workspace = { ...inside.workspace, configFile: context.configFile, stack: context.stack };
  const target = targetFacts(inside);
  const world: World = {
    inside,
    context,
    target,
    fullName: `organization/portolan/${context.stack}`,
    domain: inside.run.rehearsal?.domain ?? "portolan.test",
    set: (key, path, value) => void changeConfig(workspace, [{ key: `portolan:${key}`, path, value }]),
    add: async (slug) => world.set("tenants", [slug], await target.entry(slug, world.domain)),
    up: (label) => operate(context, "up", { label }),
    async upWell(label) {
      const run = await world.up(label);
      if (!run.ok) throw new Error(`up (${label}) failed: ${failure(run)}; log: ${run.logFile}`);
      return run;
    },
    preview: (label) => operate(context, "preview", { label }),
    outputs: async () => readOutputs(await pulumi(context, ["stack", "output", "--json"])),
    async smoke() {
      const outputs = await world.outputs();
      const slugs = outputs.tenants.filter(({ state }) => state === "active").map(({ slug }) => slug);
      return await runSmoke(await inside.smoke(outputs), slugs, "");
    },
    async healthy() {
      const results = await world.smoke();
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
    },
    destroy: (label, { preview } = { preview: false }) =>
      operate(context, "destroy", { label, ...(preview ? { arguments: ["--skip-preview=false"] } : {}) }),
    async secret(namespace, name, key) {
      const { data } = await inside.kube.core.readNamespacedSecret({ namespace, name });
      return Buffer.from(data?.[key] ?? "", "base64").toString();
    },
    key: (slug = "bhc") => world.secret(target.namespace(slug), target.keys.secret, "APP_KEY"),
    async data() {
      const { items } = await inside.kube.core.listPersistentVolumeClaimForAllNamespaces();
      const claims = items
        .filter(({ metadata }) => target.claims.test(metadata?.namespace ?? ""))
        .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name} ${metadata?.uid}`);
      return [...claims, ...storedIn(world.cloud())].toSorted();
    },
    async marks() {
      const smoke = await inside.smoke(await world.outputs());
      const active = smoke.outputs.tenants.filter(({ state }) => state === "active");
      const marks = active.map(async ({ slug }) => [
        slug,
        await probeMarks(smoke, await openClient(smoke, slug)),
      ]);
      return Object.fromEntries(await Promise.all(marks));
    },
    async accounts() {
      const smoke = await inside.smoke(await world.outputs());
      const client = await openClient(smoke, target.slugs[0] ?? "");
      const { database } = client.tenant;
      if (database === null) throw new Error("the tenant has no database to look out of");
      const insider = await openInsider(smoke, client);
      try {
        const own = `host=${database.host} dbname=${database.name} user=${database.name}`;
        const all =
          "select 'database ' || datname from pg_database union select 'role ' || rolname from pg_roles";
        return (await psql(insider, own, all)).trim().split("\n").toSorted();
      } finally {
        await insider.close();
      }
    },
    cloud() {
      const { rehearsal } = inside.run;
      return rehearsal === null
        ? { living: [], kept: [], duplicates: [] }
        : cloudContents(cloudFolder(inside.run), rehearsal.cloud);
    },
    async loseState() {
      await pulumi(context, ["stack", "rm", "--force", "--yes", "--preserve-config", context.stack], {
        stack: false,
      });
      rmSync(join(inside.workspace.folder, "state", ".pulumi", "backups"), { recursive: true, force: true });
      await ensureStack(context);
    },
    async another(stack, program = project) {
      const folder = join(inside.workspace.folder, stack);
      mkdirSync(folder, { recursive: true });
      const { configFile } = openWorkspace(inside.workspace.folder, project, inside.settings, stack);
      const other = { ...context, project: program, stack, configFile };
      await ensureStack(other);
      return await worldOf(inside, other);
    },
    close: () => inside.close(),
  };
  for (const setting of await target.settings(context.stack)) world.set(...setting);
  return world;
}
