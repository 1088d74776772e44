/**
 * Which contexts the user's kubeconfig has. Only this much is read here: the client itself takes half a second to
 * load, and a preview without a cluster needs none of it.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const kubeconfig = z.looseObject({
  "current-context": z.string().optional(),
  contexts: z.array(z.looseObject({ name: z.string() })).nullish(),
});

export interface Contexts {
  readonly names: readonly string[];
  readonly current: string | undefined;
}

/** Undefined where there is no kubeconfig. Several files are merged as kubectl does: the first one wins. */
export function readContexts(files = kubeconfigFiles()): Contexts | undefined {
  const found = files.filter((file) => existsSync(file));
  if (found.length === 0) return undefined;
  const parsed = found.map((file) => kubeconfig.parse(parse(readFileSync(file, "utf8")) ?? {}));
  return {
    names: [...new Set(parsed.flatMap(({ contexts }) => (contexts ?? []).map(({ name }) => name)))],
    current: parsed.map((one) => one["current-context"]).find((name) => name !== undefined && name !== ""),
  };
}

function kubeconfigFiles(): string[] {
  const named = process.env.KUBECONFIG;
  return named ? named.split(delimiter).filter((file) => file !== "") : [join(homedir(), ".kube", "config")];
}
