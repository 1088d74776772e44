import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { Kube } from "../kube.ts";
import type { Comparison } from "./model.ts";

/** Everything there is, as sorted lines `kind.group namespace/name uid`: names and ids only, never a content. */
export type Inventory = readonly string[];

/**
 * Kinds that come and go by themselves and belong to nobody's deployment: events, leases that are renewed, what a
 * Service's address is called today, live metrics, and calls that only look like objects.
 */
const passing = new Set([
  "events",
  "events.events.k8s.io",
  "leases.coordination.k8s.io",
  "componentstatuses",
  "pods.metrics.k8s.io",
  "nodes.metrics.k8s.io",
]);

/** Lists every object of every listable kind by discovery, with as few calls as the API allows. */
export async function apiInventory(kube: Kube): Promise<Inventory> {
  const kinds = (await kube.kubectl(["api-resources", "--verbs=list", "-o", "name"]))
    .split("\n")
    .filter((kind) => kind !== "" && !passing.has(kind));
  // Only names leave kubectl: Secrets are listed too.
  const template =
    '{range .items[*]}{.kind}.{.apiVersion}{" "}{.metadata.namespace}/{.metadata.name}{" "}{.metadata.uid}{"\\n"}{end}';
  const out = await kube.kubectl([
    "get",
    kinds.join(","),
    "-A",
    "--ignore-not-found",
    "-o",
    `jsonpath=${template}`,
  ]);
  return [...new Set(out.split("\n").filter((line) => line !== ""))].sort();
}

const ruleset = z.object({
  nftables: z.array(
    z.object({
      table: z.object({ family: z.string(), name: z.string() }).optional(),
      chain: z.object({ family: z.string(), table: z.string(), name: z.string() }).optional(),
    }),
  ),
});

/**
 * What a cluster can leave on the machine that the API does not show: folders of volumes, and packet filter tables
 * and chains. kube-proxy's own chains are left out: it removes those of a Service that is gone when it next has time.
 */
export async function hostInventory(folders: readonly string[], packetFilter: boolean): Promise<Inventory> {
  const volumes = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `folder ${join(folder, name)}`));
  if (!packetFilter) return volumes.sort();
  const { stdout } = await execa("nft", ["--json", "list", "chains"], { stdin: "ignore" });
  const rules = ruleset.parse(JSON.parse(stdout)).nftables.flatMap(({ table, chain }) => {
    if (table !== undefined) return [`nftables ${table.family}/${table.name}`];
    if (chain === undefined || chain.table === "kube-proxy") return [];
    return [`nftables ${chain.family}/${chain.table}/${chain.name}`];
  });
  return [...volumes, ...rules].sort();
}

/**
 * Sets two inventories against each other. An object made anew under its old name (a controller's pod that was
 * replaced, a rotated token) counts as the same thing, so uids only show in what is left.
 */
export function compare(before: Inventory, after: Inventory): Comparison {
  const name = (line: string) => stable(line.split(" ").slice(0, 2).join(" "));
  const [had, has] = [new Set(before.map(name)), new Set(after.map(name))];
  return {
    before: before.length,
    after: after.length,
    left: after.filter((line) => !had.has(name(line))),
    missing: before.filter((line) => !has.has(name(line))),
  };
}

/** A pod's name without the random end its controller gave it, so that a replaced system pod is not a new thing. */
function stable(name: string): string {
  const made = /^(Pod|EndpointSlice)\./.test(name);
  return made ? name.replace(/(-[0-9a-f]{8,10})?-[a-z0-9]{5}$/, "-*") : name;
}
