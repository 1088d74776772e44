/** What a cell reads of the stack it stands on. */
import * as pulumi from "@pulumi/pulumi";
import type { App } from "../apps/app.ts";
import { type EdgeFacts, factsVersion, type PlatformFacts, type Target } from "../providers/platform.ts";
import { checkNeeds } from "./checks.ts";
import { type Problem, StackFileError } from "./problems.ts";

/** The base's facts with this cell's own edge. Throws where they are missing, of another kind or another version. */
export async function baseFacts(
  base: string,
  kind: Target,
  app: App,
  edge: EdgeFacts,
): Promise<PlatformFacts> {
  const reference = new pulumi.StackReference("base", { name: base });
  const { value } = await reference.getOutputDetails("platform");
  const problems = problemsOf(value, base, kind);
  if (problems.length > 0 || !isFacts(value)) throw new pulumi.RunError(new StackFileError(problems).message);
  const needs = checkNeeds(app, value.offers, kind);
  if (needs.length > 0) throw new pulumi.RunError(new StackFileError(needs).message);
  return { ...value, edge };
}

function problemsOf(value: unknown, base: string, kind: Target): Problem[] {
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
  return [];
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
