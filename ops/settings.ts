import { z } from "zod";
import { cloudNames } from "../sandbox/clouds/core/backend.ts";

const flag = z
  .string()
  .default("")
  .transform((value) => !["", "0", "false", "no"].includes(value.toLowerCase()));

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
  /** The stack file that `make rehearse` runs, by its stack's name. */
  STACK: z.string().optional(),
  /** The kind of platform whose rules `make conformance` runs; `local` does those of `existing` and of cells too. */
  TARGET: z.enum(["local", ...cloudNames]).default("local"),
  /** Only those files of rules whose name has this in it. */
  RULES: z.string().optional(),
  /** A context of the user's own kubeconfig; without it, a sandbox cluster is made. */
  CONTEXT: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  /** A second place for the drill's report.json. */
  REPORT_COPY: z.string().optional(),
});

/** The settings of one run of a command. */
export type Settings = z.infer<typeof settings>;

const examples: Readonly<Record<string, string>> = { APP: "probe", SANDBOX: "portolan", TARGET: "aws" };

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
