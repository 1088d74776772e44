import { isDeepStrictEqual } from "node:util";
import { changedKeys } from "../rpc/compare.ts";
import type { DiffArgs, Difference } from "../rpc/provider.ts";
import { type Bag, Computed, hasComputed } from "../rpc/values.ts";
import { activeCluster, kubeconfigText } from "./kubeconfig.ts";
import { readSettings } from "./settings.ts";

/**
 * Whether changed settings mean another cluster, and so the replacement of everything on it:
 * a set clusterIdentifier alone decides; without one, a changed or unknown active cluster of the kubeconfig.
 */
export function diffSettings({ oldInputs, oldOutputs, news }: DiffArgs): Difference {
  const olds = Object.keys(oldInputs).length > 0 ? oldInputs : oldOutputs;
  const changed = changedKeys(olds, news).filter(({ key }) => key !== "version" && key !== "__internal");
  const replace = anotherCluster(olds, news);
  return {
    changes: changed.map(({ key, kind }) => ({ path: key, kind, replace })),
  };
}

function anotherCluster(olds: Bag, news: Bag): boolean {
  const before = readSettings(olds);
  const after = readSettings(news);
  if (before.clusterIdentifier !== undefined && news.clusterIdentifier instanceof Computed) return true;
  if (before.clusterIdentifier !== undefined && after.clusterIdentifier !== undefined) {
    return before.clusterIdentifier !== after.clusterIdentifier;
  }
  if (["kubeconfig", "context", "cluster"].some((key) => hasComputed(news[key]))) return true;
  const oldText = kubeconfigText(before.kubeconfig);
  const newText = kubeconfigText(after.kubeconfig);
  if (before.kubeconfig === undefined || after.kubeconfig === undefined) return false;
  if (oldText === undefined || newText === undefined) return false;
  const oldCluster = activeCluster(oldText, before);
  const newCluster = activeCluster(newText, after);
  if (oldCluster === undefined || newCluster === undefined) return false;
  return !isDeepStrictEqual(oldCluster, newCluster);
}
