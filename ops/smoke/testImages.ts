import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** pydicom (MIT) ships small DICOM images of real modalities. Pinned by version and by the hash of its one wheel. */
const source = {
  requirement: "pydicom==3.0.1",
  sha256: "db32f78b2641bd7972096b8289111ddab01fb221610de8d7afa835eb938adb41",
  folder: "pydicom/data/test_files",
};

/**
 * Each tenant has its own: one image to send (C-STORE), one to upload. All uncompressed, from a CT, an MR, a
 * radiotherapy dose and a colour secondary capture.
 */
const bySlug: Readonly<Record<string, { stored: string; uploaded: string }>> = {
  bhc: { stored: "CT_small.dcm", uploaded: "rtdose_1frame.dcm" },
  mhr: { stored: "MR_small.dcm", uploaded: "SC_ybr_full_422_uncompressed.dcm" },
};
const others = { stored: "liver_1frame.dcm", uploaded: "SC_rgb_small_odd.dcm" };

/** Paths of a tenant's two images. */
export interface TestImages {
  readonly stored: string;
  readonly uploaded: string;
}

/** The images of a tenant, from a folder that `ensureTestImages` answered. */
export function imagesOf(folder: string, slug: string): TestImages {
  const { stored, uploaded } = bySlug[slug] ?? others;
  return { stored: join(folder, stored), uploaded: join(folder, uploaded) };
}

/**
 * Puts the images into `cache` once and answers their folder.
 * @throws when Python's pip is missing or the wheel's hash is another.
 */
export async function ensureTestImages(cache: string, report: (line: string) => void): Promise<string> {
  const done = join(cache, `dicom-${source.sha256.slice(0, 12)}`);
  const folder = join(done, source.folder);
  if (existsSync(folder)) return folder;
  report(`fetching ${source.requirement} for its DICOM test images`);
  const work = `${done}.partial`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const list = join(work, "requirements.txt");
  writeFileSync(list, `${source.requirement} --hash=sha256:${source.sha256}\n`);
  const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  await python([...pip, "--dest", work, "--requirement", list]);
  const wheel = join(work, "pydicom-3.0.1-py3-none-any.whl");
  await python(["-m", "zipfile", "-e", wheel, work]);
  rmSync(wheel);
  rmSync(done, { recursive: true, force: true });
  renameSync(work, done);
  return folder;
}

async function python(args: readonly string[]): Promise<void> {
  const result = await execa("python3", args, {
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: 120_000,
  });
  if (result.exitCode === 0) return;
  const remedy = "install python3 and python3-pip, and see that PyPI can be reached";
  throw new Error(
    `the DICOM test images could not be fetched: ${(result.all ?? "").trim().slice(-400)}; ${remedy}`,
  );
}
