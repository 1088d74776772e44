/** What a kind of platform asks of the rules: who its tenants are, where their keys lie, and what holds data there. */
import { join } from "node:path";
import { cloudFolder, type Inside } from "../../ops/inside.ts";
import { RUN_FILE, type Run, readRun } from "../../ops/run.ts";
import type { TargetName } from "../../ops/settings.ts";
import type { Apart } from "../../ops/smoke/probeServices.ts";
import type { CloudName } from "../../sandbox/clouds/core/backend.ts";
import { Store } from "../../sandbox/clouds/core/store.ts";
import { escrowOfFront, escrowOfSealedFile } from "./escrow.ts";
import { servicesOf } from "./services.ts";

/** A change of the stack's file: a key after `portolan:`, the path below it, and the value; undefined removes. */
export type Setting = readonly [key: string, path: readonly string[], value: unknown];

export interface TargetFacts {
  readonly name: TargetName;
  /** Slugs of the tenants that the stack begins with. */
  readonly slugs: readonly string[];
  /** What is changed in the stack's file before anything is made; makes what a user has already. */
  settings(stack: string): Promise<readonly Setting[]>;
  /** A further tenant's entry; makes what the user brings for it. */
  entry(slug: string, domain: string): Promise<Record<string, unknown>>;
  namespace(slug: string): string;
  /** By what two tenants' shares of these services are kept apart. */
  readonly apart: { readonly redis: Apart; readonly objectStore: Apart };
  /** The Secret with the tenant's write-once key, and whether Portolan made it. */
  readonly keys: { readonly secret: string; readonly made: boolean };
  /** What production asks for besides, where a disposable stack does without. */
  readonly production: readonly Setting[];
  /** Namespaces whose claims hold data. */
  readonly claims: RegExp;
  /** Every value that is in escrow outside the state. */
  escrow(inside: Inside): Promise<string>;
}

/** The run that `make conformance` wrote down for its tests. */
export function theRun(): Run {
  const file = process.env[RUN_FILE];
  if (!file) throw new Error("run these with `make conformance`: they need a cluster");
  return readRun(file);
}

/** Whether all rules run, not the quick list alone; those that were asked for by name always do. */
export function isWhole(): boolean {
  const { full, rules } = theRun();
  return full || rules !== null;
}

const made = {
  slugs: ["bhc", "mhr"],
  settings: async () => [],
  entry: async (slug: string, domain: string) => ({ hosts: [`${slug}.${domain}`] }),
  namespace: (slug: string) => `probe-${slug}`,
  keys: { secret: "write-once-keys", made: true },
  production: [],
  claims: /^(portolan-|probe-)/,
};

/** The caller's own first, as docs/clouds.md asks, and another's. */
const adminRoles = ["portolan", "oncall"].map((role) => `arn:aws:iam::111122223333:role/${role}`);

/** Every kind of platform, as the rules see it. */
export function targetFacts(inside: Inside): TargetFacts {
  const { target } = inside.run;
  const all: Readonly<Record<TargetName, TargetFacts>> = {
    local: {
      ...made,
      name: "local",
      apart: { redis: "instance", objectStore: "instance" },
      escrow: escrowOfSealedFile,
    },
    existing: servicesOf(inside),
    aws: {
      ...made,
      name: "aws",
      apart: { redis: "acl", objectStore: "identity" },
      production: [["platform", ["cluster", "adminRoles"], adminRoles]],
      escrow: async () => recordsOf(inside, "aws", /secretsmanager/),
    },
    azure: {
      ...made,
      name: "azure",
      apart: { redis: "prefix", objectStore: "identity" },
      escrow: escrowOfFront,
    },
    gcp: {
      ...made,
      name: "gcp",
      apart: { redis: "prefix", objectStore: "identity" },
      escrow: async () => recordsOf(inside, "gcp", /secretmanager/),
    },
  };
  return all[target];
}

function recordsOf({ run }: Inside, cloud: CloudName, type: RegExp): string {
  const records = new Store(join(cloudFolder(run), cloud)).all();
  return JSON.stringify(records.filter((record) => type.test(record.type)));
}
