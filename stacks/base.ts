/** What a cell reads of the stack it stands on. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { App } from "../apps/app.ts";
import {
  type EdgeFacts,
  factsVersion,
  type Lifecycle,
  type PlatformFacts,
  type Target,
} from "../providers/platform.ts";
import { checkNeeds } from "./needsChecks.ts";
import { type Problem, StackFileError } from "./problems.ts";
import { checkRoom, sharedSlugs } from "./sharedLimits.ts";
import { checkCellPorts } from "./tcpChecks.ts";

/** What a cell says of itself to its base. */
export interface CellRequest {
  readonly kind: Target;
  readonly lifecycle: Lifecycle;
  readonly app: App;
  readonly edge: EdgeFacts;
  /** Slugs of its tenants. */
  readonly tenants: readonly string[];
  /** Their ports on the edge, by `slug/service`. */
  readonly ports: ReadonlyMap<string, number>;
  /** Whether its tenants' keys come through stores that the platform makes. */
  readonly stores: boolean;
}

/**
 * The base's facts with this cell's own edge. Throws where they are missing, of another kind or another version, where
 * base and cell have a tenant of one slug (it would be one namespace, and one database), and where the tenants of both
 * are more than the platform can have.
 */
export async function baseFacts(
  base: string,
  { kind, lifecycle, app, edge, tenants, ports, stores }: CellRequest,
): Promise<PlatformFacts> {
  const reference = new pulumi.StackReference("base", { name: base });
  const [{ value }, { value: theirs }] = await Promise.all([
    reference.getOutputDetails("platform"),
    reference.getOutputDetails("tenants"),
  ]);
  const problems = [
    ...problemsOf(value, base, { kind, lifecycle }),
    ...sharedSlugs({ own: tenants, others: slugsOf(theirs) }, base),
  ];
  if (problems.length > 0 || !isFacts(value)) throw new pulumi.RunError(new StackFileError(problems).message);
  const room = checkRoom(value.limits ?? [], { own: tenants, others: slugsOf(theirs) }, value.estimate);
  const open = { name: base, open: value.edge.tcpOpen, taken: portsOf(theirs) };
  const late = [
    ...checkNeeds(app, value.offers, kind, base),
    ...databaseProblems(app, value, base),
    ...volumeProblems(app, value, base),
    ...(stores ? storeProblems(value, base) : []),
    ...room.problems,
    ...checkCellPorts(ports, open),
  ];
  if (late.length > 0) throw new pulumi.RunError(new StackFileError(late).message);
  // An `up` asks the cluster too, which knows of other cells, and says it then.
  if (pulumi.runtime.isDryRun()) for (const warning of room.warnings) await pulumi.log.warn(warning);
  return { ...value, edge };
}

function problemsOf(
  value: unknown,
  base: string,
  { kind, lifecycle }: Pick<CellRequest, "kind" | "lifecycle">,
): Problem[] {
  const key = "portolan:platform.on";
  if (!isFacts(value)) {
    return [
      {
        key,
        value: base,
        allowed: "a stack of Portolan that is up",
        remedy: `\`pulumi up --stack ${base}\` first`,
      },
    ];
  }
  if (value.version !== factsVersion) {
    const remedy = "bring base and cell to the same version of Portolan";
    return [
      { key, value: base, allowed: `facts of version ${factsVersion}, not ${String(value.version)}`, remedy },
    ];
  }
  if (value.target !== kind) {
    return [
      {
        key: "portolan:platform.kind",
        value: kind,
        allowed: value.target,
        remedy: "a cell keeps the kind of its base",
      },
    ];
  }
  if (value.lifecycle !== lifecycle) {
    return [
      {
        key: "portolan:platform.lifecycle",
        value: lifecycle,
        allowed: value.lifecycle,
        remedy: `write what base ${base} is: its cells' tenants are protected as its own are, or not at all`,
      },
    ];
  }
  return [];
}

/** A base makes what its own application needs. With kind `existing` a tenant may name a database of its own. */
function databaseProblems(
  { name, needs }: App,
  { target, databaseServer }: PlatformFacts,
  base: string,
): Problem[] {
  if (!needs.database || databaseServer || target === "existing") return [];
  return [
    {
      key: "portolan:app.name",
      value: name,
      allowed: `an application that needs no database: the platform of stack ${base} has none`,
      remedy: "put it on a base whose own application needs a database",
    },
  ];
}

/** A base makes shared volumes only where its own application needs them. */
function volumeProblems({ name, needs }: App, { offers, storage }: PlatformFacts, base: string): Problem[] {
  if (!needs.sharedVolume || !offers.sharedVolume || storage.shared) return [];
  return [
    {
      key: "portolan:app.name",
      value: name,
      allowed: `an application that shares no volumes: the platform of stack ${base} has none`,
      remedy: "put it on a base whose own application shares volumes",
    },
  ];
}

function storeProblems({ secretStores }: PlatformFacts, base: string): Problem[] {
  if (secretStores) return [];
  return [
    {
      key: "portolan:secrets.kind",
      value: "external",
      allowed: `generated | existing, or external with portolan:secrets.store: base ${base} has no External Secrets`,
      remedy: "set portolan:secrets.kind to external in the base too and `pulumi up` it first",
    },
  ];
}

const basePorts = z.record(
  z.string(),
  z.looseObject({ tcp: z.record(z.string(), z.looseObject({ port: z.number() })).default({}) }),
);

/** Ports on the edge that the base's own tenants have. */
function portsOf(tenants: unknown): readonly number[] {
  const found = basePorts.safeParse(tenants);
  return found.success
    ? Object.values(found.data).flatMap(({ tcp }) => Object.values(tcp).map(({ port }) => port))
    : [];
}

function slugsOf(tenants: unknown): readonly string[] {
  return typeof tenants === "object" && tenants !== null ? Object.keys(tenants) : [];
}

function isFacts(value: unknown): value is PlatformFacts {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    "target" in value &&
    "offers" in value
  );
}
