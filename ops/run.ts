import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { cloudNames } from "../sandbox/clouds/core/backend.ts";
import { targetNames } from "./settings.ts";

/** What the outer process tells the inner one, as a file: everything but secrets. */
const runSchema = z.object({
  command: z.enum(["drill", "up", "smoke", "down", "bench", "conformance"]),
  app: z.enum(["orthanc", "probe"]),
  appVersion: z.string(),
  full: z.boolean(),
  /** The kind of platform that the stack stands on. */
  target: z.enum(targetNames),
  /** The stack file that is rehearsed on a simulated cloud; null: stack local on the cluster itself. */
  rehearsal: z
    .object({
      stack: z.string(),
      cloud: z.enum(cloudNames),
      region: z.string(),
      lifecycle: z.enum(["production", "disposable"]),
      app: z.string(),
      domain: z.string(),
      tenants: z.array(z.string()),
    })
    .nullable(),
  keep: z.boolean(),
  /** Which rules, by part of a file's name; null: all. */
  rules: z.string().nullable(),
  cluster: z.object({
    name: z.string(),
    kubeconfig: z.string(),
    context: z.string(),
    netns: z.string().nullable(),
    simulated: z.boolean(),
    external: z.boolean(),
    kubectl: z.string(),
    /** Folders of the machine on which the cluster's volumes lie. */
    volumeFolders: z.array(z.string()),
  }),
  /** Image references by name in the vocabulary; empty on a cluster of the user's own. */
  images: z.record(z.string(), z.string()),
  /** Bytes of each archive built here, by reference. */
  archives: z.record(z.string(), z.number()),
  /** The stack's own folder: config, state, passphrase. */
  work: z.string(),
  /** `evidence/<time>`. */
  evidence: z.string(),
  testImages: z.string(),
});

/** One run of a command, as both processes know it. */
export type Run = z.infer<typeof runSchema>;

/** Writes the run for the inner process. */
export function writeRun(file: string, run: Run): void {
  writeFileSync(file, JSON.stringify(run, null, 2));
}

/** Reads what `writeRun` wrote. */
export function readRun(file: string): Run {
  return runSchema.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** Names the file of `writeRun` to the inner process. */
export const RUN_FILE = "PORTOLAN_RUN";
