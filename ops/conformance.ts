import { leftovers, stopCluster } from "../sandbox/cluster/index.ts";
import { stage } from "./commands.ts";
import { interrupted } from "./interrupt.ts";
import { isOwnCluster } from "./prepare.ts";
import { type Settings, targetNames } from "./settings.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * `make conformance`: the rules on each kind of platform, one after the other, in one cluster. A broken kind hides
 * none of the others. A cluster that this made is stopped again, unless a rule failed and somebody will want to look.
 */
export async function conformance(settings: Settings): Promise<number> {
  const targets = settings.TARGET === "all" ? targetNames : [settings.TARGET];
  const failed: string[] = [];
  let isOurs: boolean | undefined;
  for (const target of targets) {
    if (interrupted()) break;
    say(`\nThe rules${settings.FULL ? "" : " (FULL=1: all of them)"} on a platform of kind ${target}:`);
    const { code, wasRunning } = await stage("conformance", { ...settings, APP: "probe", TARGET: target });
    isOurs ??= !wasRunning;
    if (code !== 0) failed.push(target);
  }
  if (interrupted()) return 130;
  if (failed.length > 0) {
    say(`The rules failed on ${failed.join(", ")}; to look into the cluster: node ops/main.ts sandbox shell`);
    return 1;
  }
  if (isOurs && !isOwnCluster(settings) && !settings.KEEP) {
    await stopCluster(settings.SANDBOX, say);
    const left = leftovers(settings.SANDBOX);
    if (left.length > 0) throw new Error(`left on this machine: ${left.join(", ")}`);
  }
  return 0;
}
