import { removeAll } from "../../sandbox/clouds/backend/index.ts";
import { type CloudContents, cloudContents } from "../../sandbox/clouds/core/contents.ts";
import { expect } from "../checks.ts";
import { cloudFolder } from "../inside.ts";
import type { Outcome } from "../steps.ts";
import type { DrillState } from "./state.ts";

/** After `destroy`: nothing exists in the simulated cloud any more, and what stays taken is told with its end. */
export async function emptyCloud(state: DrillState): Promise<Outcome> {
  const { run } = state.inside;
  if (run.rehearsal === null) return { detail: "no cloud was simulated" };
  const { cloud } = run.rehearsal;
  const { living, kept, duplicates } = cloudContents(cloudFolder(run), cloud);
  const left = living.map(({ type, id }) => `${type} ${id}`);
  expect(left.length === 0, `${left.length} left in the cloud: ${left.slice(0, 6).join("; ")}`);
  expect(duplicates.length === 0, `made twice: ${duplicates.map(({ urn }) => urn).join("; ")}`);
  await removeAll(run.cluster.kubeconfig, cloud);
  state.kept = keptLines(kept);
  return { detail: state.kept.length === 0 ? "empty" : `empty, but for ${state.kept.join("; ")}` };
}

/** One line for each thing that is deleted and not gone, with until when. */
export function keptLines(kept: CloudContents["kept"]): string[] {
  return kept.map(({ type, id, until, why }) => {
    const end = until === undefined ? "somebody removes it" : until.toISOString().slice(0, 10);
    return `${type.split(":").at(-1)} ${id} (${why}) until ${end}`;
  });
}

/** Lines of an inventory without what the simulated cloud itself runs on: it is not the stack's. */
export function withoutCloud(lines: readonly string[], cloud: string | undefined): readonly string[] {
  return cloud === undefined
    ? lines
    : lines.filter((line) => !line.includes(` cloud-${cloud}/`) && !line.includes(` /cloud-${cloud} `));
}
