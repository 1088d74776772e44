import { z } from "zod";
import { cloudNames } from "../sandbox/clouds/core/backend.ts";

const flag = z
  .string()
  .default("")
  .transform((value) => !["", "0", "false", "no"].includes(value.toLowerCase()));

/** The kinds of platform that a stack may stand on. */
export const targetNames = ["local", "existing", ...cloudNames] as const;
export type TargetName = (typeof targetNames)[number];

/** What the commands read from the environment; `make drill FULL=1` puts it there. */
const settings = z.object({
  APP: z.enum(["orthanc", "probe"]).default("orthanc"),
  FULL: flag,
  KEEP: flag,
  ALL: flag,
  CI: flag,
  /** Name of the sandbox cluster: several may run at once. */
  SANDBOX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,19}$/, { error: "1 to 20 of a-z, 0-9 and -, beginning with a letter" })
    .default("portolan"),
  /** The stack file that `make rehearse` runs, or the stack that `make mend` settles, by its name. */
  STACK: z.string().optional(),
  /** The kind of platform that `make conformance` runs its rules on. */
  TARGET: z.enum(["all", ...targetNames]).default("all"),
  /** Only the rules of files with this in their name, for work on one of them. */
  RULES: z
    .string()
    .regex(/^[a-z]+$/, { error: "part of a file's name in tests/conformance" })
    .optional(),
  /** A folder for the results of tests, as JSON. */
  VITEST_JSON: z.string().optional(),
  /** The part of `make bench` to run: on stack local, tenants in one stack in a cloud, cells in a cloud, or all of it. */
  BENCH: z.enum(["all", "local", "clouds", "cells"]).default("all"),
  /** Numbers of tenants that the bench's parts in a cloud go through; a cell has as many as the largest, at most 20. */
  TENANTS: z
    .string()
    .regex(/^\d{1,3}(,\d{1,3})*$/, { error: "numbers of tenants, e.g. 2,10" })
    .default("2,10,20,50")
    .transform((text) => text.split(",").map(Number)),
  /** What `make mend` cannot know by itself: `type::name=id`, several with spaces between. */
  IDS: z.string().default(""),
  /** The folder of a stack that a drill left standing, for `make smoke` and `make down`. */
  STACK_FOLDER: z.string().optional(),
  /** A context of the user's own kubeconfig; without it, a sandbox cluster is made. */
  CONTEXT: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  /** A second place for the drill's report.json. */
  REPORT_COPY: z.string().optional(),
});

/** The settings of one run of a command. */
export type Settings = z.infer<typeof settings>;

const examples: Readonly<Record<string, string>> = {
  APP: "probe",
  SANDBOX: "portolan",
  TARGET: "aws",
  BENCH: "cells",
  TENANTS: "2,10",
  RULES: "ingress",
};

/** Reads the settings; the error names every wrong variable, its value and what is allowed. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const found = settings.safeParse(given);
  if (found.success) return found.data;
  const lines = found.error.issues.map((issue) => {
    const key = String(issue.path[0]);
    return `${key}=${env[key] ?? ""}: ${issue.message}; for example: make drill ${key}=${examples[key] ?? "1"}`;
  });
  throw new Error(lines.join("\n"));
}
