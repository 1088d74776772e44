import { statSync } from "node:fs";
import { CONTAINERD_SOCKET, normalizeRef } from "./configs.ts";
import type { ClusterHandle, RecordedProcess } from "./handle.ts";
import { childOf, inHolder } from "./holder.ts";
import { run } from "./run.ts";

/** An image to bring into the node: its reference and an archive in docker or OCI form. */
export interface ImageArchive {
  ref: string;
  archive: string;
  /** Names the archive's content; by default its size and time. */
  hash?: string;
}

/** On an imported image: which archive it came from. */
const LABEL = "portolan.dev/archive";

/**
 * Imports the images the node does not have yet. containerd's store outlives the cluster, so this is quick the
 * second time.
 * @returns the references that were really imported
 */
export async function importImages(
  handle: ClusterHandle,
  images: readonly ImageArchive[],
  report: (line: string) => void = () => {},
): Promise<string[]> {
  if (handle.simulated || handle.external || images.length === 0) return [];
  const outer = handle.pids.find((each) => each.role === "holder");
  const inner = outer === undefined ? undefined : childOf(outer.pid, "holder");
  if (inner === undefined)
    throw new Error(`cluster ${handle.name} is not running; start it before importing images`);
  return importInto({ inner }, images, report);
}

/** As `importImages`, for a containerd inside `holder`. */
export async function importInto(
  holder: { inner: RecordedProcess },
  images: readonly ImageArchive[],
  report: (line: string) => void,
): Promise<string[]> {
  const ctr = [...inHolder(holder), "ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"];
  const listed = (await run([...ctr, "images", "ls"])).split("\n");
  const imported: string[] = [];
  for (const image of images) {
    const ref = normalizeRef(image.ref);
    const label = `${LABEL}=${image.hash ?? fingerprint(image.archive)}`;
    if (listed.some((line) => line.startsWith(`${ref} `) && line.includes(label))) continue;
    report(`importing ${image.ref}`);
    await run([...ctr, "images", "import", image.archive], { timeoutMs: 300_000 });
    await run([...ctr, "images", "label", ref, label]);
    imported.push(image.ref);
  }
  if (imported.length > 0) await collectGarbage(ctr);
  return imported;
}

/**
 * Frees what the replaced images held: containerd collects by itself only after deletions, and an import deletes
 * nothing. Dropping a lease with `--sync` collects at once.
 */
async function collectGarbage(ctr: readonly string[]): Promise<void> {
  const id = "portolan-garbage";
  await run([...ctr, "leases", "create", "--id", id]);
  await run([...ctr, "leases", "rm", "--sync", id]);
}

function fingerprint(archive: string): string {
  const { size, mtimeMs } = statSync(archive);
  return `${size}-${Math.round(mtimeMs)}`;
}

/** Forgets all containers of an earlier run, and with them their writable layers; keeps the images. */
export async function forgetContainers(holder: { inner: RecordedProcess }): Promise<void> {
  const ctr = [...inHolder(holder), "ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"];
  const containers = (await run([...ctr, "containers", "ls", "--quiet"]))
    .split("\n")
    .filter((id) => id !== "");
  if (containers.length > 0) await run([...ctr, "containers", "rm", ...containers]);
}
