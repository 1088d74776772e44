import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** The release all Debian layers come from. Postgres 15, Redis 7.0 and Orthanc 1.10.1 are its versions. */
export const suite = "bookworm";

/** What the base layer has beside what apt needs. `usr-is-merged` keeps a tool out that would bring all of Perl. */
export const basePackages = ["ca-certificates", "usr-is-merged"] as const;

/** One stanza of a sources file, as its fields by lower-case name. */
function stanzas(text: string): Map<string, string>[] {
  const unfolded = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\n[ \t]+/g, " ");
  return unfolded
    .split(/\n\s*\n/)
    .map((block) => {
      const fields = [...block.matchAll(/^([\w-]+):[ \t]*(.*)$/gm)];
      return new Map(fields.map(([, key, value]) => [(key ?? "").toLowerCase(), (value ?? "").trim()]));
    })
    .filter((fields) => fields.size > 0);
}

function isOurs(suites: readonly string[], components: readonly string[]): boolean {
  return (
    suites.length > 0 &&
    suites.every((one) => one === suite || one.startsWith(`${suite}-`)) &&
    components.includes("main")
  );
}

/**
 * The lines of apt's configuration that name this Debian release, so that a machine with a mirror of its own is
 * served by it. Other archives (with keys the image does not have) and other releases stay out.
 *
 * @param text a `sources.list` or a deb822 `.sources` file
 * @returns one-line entries without options; empty when there are none
 */
export function releaseSources(text: string, deb822: boolean): string[] {
  const found: string[] = [];
  const take = (uris: readonly string[], suites: readonly string[], components: readonly string[]) => {
    if (!isOurs(suites, components)) return;
    for (const uri of uris) for (const one of suites) found.push(`deb ${uri} ${one} main`);
  };
  const words = (line: string | undefined) => (line ?? "").split(/\s+/).filter((word) => word !== "");
  if (deb822) {
    for (const fields of stanzas(text)) {
      const key = fields.get("signed-by") ?? "debian-archive";
      const off = fields.get("enabled")?.toLowerCase() === "no";
      if (off || !words(fields.get("types")).includes("deb") || !key.includes("debian-archive")) continue;
      take(words(fields.get("uris")), words(fields.get("suites")), words(fields.get("components")));
    }
    return found;
  }
  for (const line of text.split("\n")) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
    const signed = /signed-by=(\S+)/.exec(match?.[1] ?? "")?.[1] ?? "debian-archive";
    if (match === null || !signed.includes("debian-archive")) continue;
    take([match[2] ?? ""], [match[3] ?? ""], words(match[4]?.replace(/#.*/, "")));
  }
  return found;
}

/** The machine's sources of this release, from /etc/apt. Empty on Ubuntu: mmdebstrap then uses its own default. */
function machineSources(): string[] {
  const folder = "/etc/apt/sources.list.d";
  const files = ["/etc/apt/sources.list"].concat(
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
  );
  return files
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .flatMap((file) => releaseSources(readFileSync(file, "utf8"), file.endsWith(".sources")));
}

/** Makes the base root file system in a folder that does not exist yet. Takes root, and about 20 s. */
export async function bootstrap(root: string): Promise<void> {
  const docs = ["doc/*", "man/*", "locale/*", "info/*", "lintian/*", "i18n/*"];
  const options = [
    ...docs.map((glob) => `path-exclude=/usr/share/${glob}`),
    "path-include=/usr/share/doc/*/copyright",
  ];
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const sources = machineSources();
  const result = await execa(
    "mmdebstrap",
    [
      "--mode=root",
      "--variant=apt",
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--include=${basePackages.join(",")}`,
      ...(existsSync(keyring) ? [`--keyring=${keyring}`] : []),
      ...options.map((option) => `--dpkgopt=${option}`),
      '--aptopt=APT::Install-Recommends "false"',
      suite,
      root,
      ...(sources.length > 0 ? ["-"] : []),
    ],
    { input: `${sources.join("\n")}\n`, all: true, reject: false },
  );
  if (!result.failed) return;
  throw new Error(
    `mmdebstrap could not make the Debian base:\n${result.all.split("\n").slice(-8).join("\n")}\n` +
      `Check that apt works on this machine and that it reaches an archive with Debian ${suite}.`,
  );
}

/**
 * Runs a shell script as root inside a root file system, with /proc and /dev in a mount namespace of its own, so
 * that nothing stays mounted whatever happens. No service starts; apt asks nothing.
 */
export async function runInside(root: string, script: string): Promise<void> {
  await mkdir(join(root, "etc"), { recursive: true });
  await copyFile("/etc/resolv.conf", join(root, "etc/resolv.conf"));
  await writeFile(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const outer =
    'set -e; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$1" /bin/sh -ec "$2"';
  const result = await execa(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", outer, "sh", root, script],
    {
      env: {
        DEBIAN_FRONTEND: "noninteractive",
        LC_ALL: "C.UTF-8",
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      },
      stdin: "ignore",
      all: true,
      reject: false,
    },
  );
  if (!result.failed) return;
  throw new Error(`An image's installation failed:\n${result.all.split("\n").slice(-12).join("\n")}`);
}
