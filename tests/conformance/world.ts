/**
 * A stack of the probe on a real cluster, for the rules: the same engine, the same program, a state of its own.
 * `node ops/main.ts conformance` starts the cluster and runs the tests where it can be reached.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { cloudFolder, type Inside, openInside, project } from "../../ops/inside.ts";
import { readOutputs } from "../../ops/outputs.ts";
import { type Run as EngineRun, failure, operate, pulumi, type StackContext } from "../../ops/pulumi/cli.ts";
import { changeConfig, ensureStack, openWorkspace } from "../../ops/pulumi/workspace.ts";
import { RUN_FILE, type Run, readRun } from "../../ops/run.ts";
import { runSmoke } from "../../ops/smoke/index.ts";
import type { CloudName } from "../../sandbox/clouds/core/backend.ts";
import { type CloudContents, cloudContents } from "../../sandbox/clouds/core/contents.ts";

export interface World {
  readonly inside: Inside;
  /** `organization/project/stack`, by which a cell names it. */
  readonly fullName: string;
  /** What the tenants' hosts end with. */
  readonly domain: string;
  /** Changes the stack's file: keys below `config`, by path; undefined removes. */
  set(key: string, path: readonly string[], value: unknown): void;
  up(label: string): Promise<EngineRun>;
  /** As `up`, but a failed update fails the test with the engine's own words. */
  upWell(label: string): Promise<EngineRun>;
  destroy(label: string): Promise<EngineRun>;
  /** Fails the test unless every smoke check of every active tenant holds. */
  healthy(): Promise<void>;
  preview(label: string): Promise<EngineRun>;
  /** The value under a key of a Secret. */
  secret(namespace: string, name: string, key: string): Promise<string>;
  /** Names of what holds data: claims in the cluster, and databases, buckets and keys in the cloud. */
  data(): Promise<string[]>;
  /** What the simulated cloud holds; nothing on a local platform. */
  cloud(): CloudContents;
  /** Forgets the state, as a lost backend does; config, passphrase and escrow stay. */
  loseState(): Promise<void>;
  /** Another stack on the same cluster and backend, with the same settings and these changes. */
  another(stack: string): Promise<World>;
  close(): Promise<void>;
}

/** Types of a cloud that hold what nobody can make again. */
const holdsData =
  /rds\/instance|s3\/bucket:|secretsmanager|elasticache\/replicationGroup|sql\/databaseInstance|storage\/bucket:|secretmanager|redis\/instance|dbforpostgresql:Server|storage:BlobContainer|keyvault:Vault|redisenterprise:RedisEnterprise/;

/** The kind of platform that the rules run on. */
export function targetOfRun(): "local" | CloudName {
  return theRun().rehearsal?.cloud ?? "local";
}

function theRun(): Run {
  const file = process.env[RUN_FILE];
  if (!file) throw new Error("run these with `make conformance`: they need a cluster");
  return readRun(file);
}

export async function openWorld(): Promise<World> {
  const inside = await openInside(theRun());
  return worldOf(inside, inside.context);
}

function worldOf(inside: Inside, context: StackContext): World {
  const workspace = { ...inside.workspace, configFile: context.configFile, stack: context.stack };
  const world: World = {
    inside,
    fullName: `organization/portolan/${context.stack}`,
    domain: inside.run.rehearsal?.domain ?? "portolan.test",
    set: (key, path, value) => void changeConfig(workspace, [{ key: `portolan:${key}`, path, value }]),
    up: (label) => operate(context, "up", { label }),
    async upWell(label) {
      const run = await world.up(label);
      if (!run.ok) throw new Error(`up (${label}) failed: ${failure(run)}; log: ${run.logFile}`);
      return run;
    },
    preview: (label) => operate(context, "preview", { label }),
    async healthy() {
      const outputs = readOutputs(await pulumi(context, ["stack", "output", "--json"]));
      const slugs = outputs.tenants.filter(({ state }) => state === "active").map(({ slug }) => slug);
      const results = await runSmoke(await inside.smoke(outputs), slugs, "");
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
    },
    destroy: (label) => operate(context, "destroy", { label }),
    async secret(namespace, name, key) {
      const { data } = await inside.kube.core.readNamespacedSecret({ namespace, name });
      return Buffer.from(data?.[key] ?? "", "base64").toString();
    },
    async data() {
      const { items } = await inside.kube.core.listPersistentVolumeClaimForAllNamespaces();
      const claims = items
        .filter(({ metadata }) => /^(portolan-|probe-)/.test(metadata?.namespace ?? ""))
        .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
      const stored = world
        .cloud()
        .living.flatMap(({ type, id }) => (holdsData.test(type) ? [`${type} ${id}`] : []));
      return [...claims, ...stored].toSorted();
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
    async another(stack) {
      const folder = join(inside.workspace.folder, stack);
      mkdirSync(folder, { recursive: true });
      const { configFile } = openWorkspace(inside.workspace.folder, project, inside.settings, stack);
      const other = { ...context, stack, configFile };
      await ensureStack(other);
      return worldOf(inside, other);
    },
    close: () => inside.close(),
  };
  return world;
}
