import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type CloudName, cloudNames } from "../sandbox/clouds/core/backend.ts";

/** A stack file of this repository that is run whole, its cloud simulated. */
export interface Rehearsal {
  readonly stack: string;
  readonly cloud: CloudName;
  readonly region: string;
  readonly lifecycle: "production" | "disposable";
  readonly app: string;
  readonly domain: string;
  /** Slugs of the tenants that run. */
  readonly tenants: readonly string[];
}

const stackFile = z.object({
  config: z.object({
    "portolan:platform": z.looseObject({
      kind: z.string(),
      region: z.string().optional(),
      lifecycle: z.enum(["production", "disposable"]).default("production"),
      /** The base of a cell. */
      on: z.string().optional(),
    }),
    "portolan:app": z.looseObject({ name: z.string() }),
    "portolan:edge": z.looseObject({ domain: z.string() }),
    "portolan:tenants": z.record(z.string(), z.looseObject({ state: z.string().default("active") })),
  }),
});

/** @throws when there is no such stack file, or its platform is not a cloud's; the message names those that are. */
export function readRehearsal(project: string, stack: string | undefined): Rehearsal {
  const file = stack === undefined ? undefined : join(project, `Pulumi.${stack}.yaml`);
  if (stack === undefined || file === undefined || !existsSync(file))
    throw new Error(
      `STACK=${stack ?? ""}: the name of a stack file whose cloud is to be simulated: ${rehearsable(project).join(", ")}; ` +
        "for example: make rehearse STACK=drill-aws",
    );
  const { config } = stackFile.parse(parse(readFileSync(file, "utf8")));
  const { kind, region = "", lifecycle, on } = config["portolan:platform"];
  if (on !== undefined)
    throw new Error(
      `STACK=${stack}: it is a cell, which stands on ${on}; choose one of ${rehearsable(project).join(", ")}. The rules try cells: make conformance`,
    );
  const cloud = cloudNames.find((name) => name === kind);
  if (cloud === undefined)
    throw new Error(
      `STACK=${stack}: its platform is of kind ${kind}, which needs no simulated cloud; choose one of ${rehearsable(project).join(", ")}, or run \`make drill\``,
    );
  return {
    stack,
    cloud,
    region,
    lifecycle,
    app: config["portolan:app"].name,
    domain: config["portolan:edge"].domain,
    tenants: Object.entries(config["portolan:tenants"]).flatMap(([slug, { state }]) =>
      state === "active" ? [slug] : [],
    ),
  };
}

/** Stack files of the project whose platform is built in a cloud. */
export function rehearsable(project: string): string[] {
  return readdirSync(project).flatMap((name) => {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1];
    if (stack === undefined) return [];
    const found = stackFile.safeParse(parse(readFileSync(join(project, name), "utf8")));
    if (!found.success) return [];
    const { kind, on } = found.data.config["portolan:platform"];
    return on === undefined && cloudNames.some((cloud) => cloud === kind) ? [stack] : [];
  });
}
