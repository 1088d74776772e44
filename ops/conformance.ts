import { leftovers, stopCluster } from "../sandbox/cluster/index.ts";
import { stage } from "./commands.ts";
import { interrupted } from "./interrupt.ts";
import { isOwnCluster } from "./prepare.ts";
import { type Settings, targetNames } from "./settings.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * `make conformance`: the rules on each kind of platform, one after the other. A broken kind hides none of the others:
 * the next one gets a new cluster. A cluster that this made is stopped again, unless a rule failed in it at the end and
 * somebody will want to look.
 */
export async function conformance(settings: Settings): Promise<number> {
  const targets = settings.TARGET === "all" ? targetNames : [settings.TARGET];
  const failed: string[] = [];
  let isOurs: boolean | undefined;
  for (const target of targets) {
    if (interrupted()) break;
    say(`\nThe rules${settings.FULL ? "" : " (FULL=1: all of them)"} on a platform of kind ${target}:`);
    const { code, wasRunning } = await stage("conformance", { ...settings, APP: "probe", TARGET: target });
    isOurs ??= !wasRunning && !isOwnCluster(settings);
    if (code === 0) continue;
    failed.push(target);
    if (isOurs && target !== targets.at(-1)) await stopCluster(settings.SANDBOX, say);
  }
  if (interrupted()) return 130;
  const last = failed.at(-1);
  if (last !== undefined) say(`The rules failed on ${failed.join(", ")}.`);
  if (last !== undefined && last === targets.at(-1)) {
    say(`To look into the cluster: SANDBOX=${settings.SANDBOX} node ops/main.ts sandbox shell`);
  } else if (isOurs && !settings.KEEP) {
    await stopCluster(settings.SANDBOX, say);
    const left = leftovers(settings.SANDBOX);
    if (left.length > 0) throw new Error(`left on this machine: ${left.join(", ")}`);
  }
  return failed.length === 0 ? 0 : 1;
}
