import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAUSE_IMAGE } from "./configs.ts";
import type { ImageArchive } from "./images.ts";
import { run } from "./run.ts";
import { requiredTool } from "./tools.ts";

/** The pause image from the pause program. To be replaced by sandbox/images. */
export async function pauseArchive(folder: string): Promise<ImageArchive> {
  const program = requiredTool("pause");
  const hash = createHash("sha256").update(readFileSync(program)).digest("hex");
  const work = join(folder, "pause-image");
  mkdirSync(work, { recursive: true });
  copyFileSync(program, join(work, "pause"));
  const tar = ["tar", "--owner=0", "--group=0", "--mtime=@0", "-C", work];
  await run([...tar, "-cf", join(work, "layer.tar"), "pause"]);
  const layer = createHash("sha256")
    .update(readFileSync(join(work, "layer.tar")))
    .digest("hex");
  const config = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Entrypoint: ["/pause"], User: "65535:65535" },
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
  };
  writeFileSync(join(work, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [PAUSE_IMAGE], Layers: ["layer.tar"] }];
  writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "pause.tar");
  await run([...tar, "-cf", archive, "manifest.json", "config.json", "layer.tar"]);
  rmSync(work, { recursive: true });
  return { ref: PAUSE_IMAGE, archive, hash };
}
